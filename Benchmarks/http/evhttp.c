// The yardstick: the least that plain C does to send the same answer from evhttp.
//
//   evhttp PORT [THREADS [no-changelist]]
//
// Each thread has a loop and a socket of its own.
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool uses_changelist;

static void answer(struct evhttp_request *request, void *unused) {
    struct evbuffer *body = evbuffer_new();
    evbuffer_add(body, "Hello Monitoring!", 17);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "text/plain; charset=utf-8");
    evhttp_send_reply(request, 200, "OK", body);
    evbuffer_free(body);
}

static void *serve(void *port) {
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
    if (uses_changelist) event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    struct event_base *base = event_base_new_with_config(config);
    struct evhttp *http = evhttp_new(base);
    evhttp_set_gencb(http, answer, NULL);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned flags = LEV_OPT_REUSEABLE | LEV_OPT_REUSEABLE_PORT | LEV_OPT_CLOSE_ON_FREE;
    struct evconnlistener *listener = evconnlistener_new_bind(
        base, NULL, NULL, flags, 4096, (struct sockaddr *)&address, sizeof address);
    if (!listener) exit(1);
    int on = 1;
    setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    evhttp_bind_listener(http, listener);
    event_base_dispatch(base);
    return NULL;
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    signal(SIGPIPE, SIG_IGN);
    uses_changelist = count < 4;
    pthread_t thread;
    for (int others = count > 2 ? atoi(arguments[2]) - 1 : 0; others > 0; others--) {
        if (pthread_create(&thread, NULL, serve, arguments[1])) return 1;
    }
    serve(arguments[1]);
}
