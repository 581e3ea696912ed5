// The limit: one epoll loop that reads request heads and sends a fixed answer, and parses nothing else.
//
//   epoll PORT [THREADS]
//
// Each thread has a loop and a socket of its own.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { connections = 65536, turn = 512 };

static const char answer[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    "Content-Length: 17\r\n"
    "\r\n"
    "Hello Monitoring!";

// How much of the blank line that ends a head has been read, by descriptor: a head may come in pieces.
static unsigned char matched[connections];

static int heads(int descriptor, const char *bytes, ssize_t count) {
    static const char end[] = "\r\n\r\n";
    int heads = 0, state = matched[descriptor];
    for (ssize_t i = 0; i < count; i++) {
        state = bytes[i] == end[state] ? state + 1 : bytes[i] == '\r';
        if (state == 4) heads++, state = 0;
    }
    matched[descriptor] = state;
    return heads;
}

static void serve(int descriptor) {
    char bytes[4096];
    ssize_t count = read(descriptor, bytes, sizeof bytes);
    if (count < 0 && errno == EAGAIN) return;
    for (int left = count > 0 ? heads(descriptor, bytes, count) : 0; left > 0; left--) {
        // An answer that doesn't fit ends the connection: its client doesn't read.
        if (write(descriptor, answer, sizeof answer - 1) != sizeof answer - 1) count = 0;
    }
    if (count <= 0) close(descriptor);
}

static void take(int loop, int listener) {
    int descriptor, on = 1;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (descriptor >= connections) exit(1);
        matched[descriptor] = 0;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
        epoll_ctl(loop, EPOLL_CTL_ADD, descriptor, &event);
    }
}

static void *serve_all(void *port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) exit(1);
    int loop = epoll_create1(0);
    struct epoll_event events[turn] = {{.events = EPOLLIN, .data.fd = listener}};
    epoll_ctl(loop, EPOLL_CTL_ADD, listener, events);
    for (;;) {
        int ready = epoll_wait(loop, events, turn, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) take(loop, listener);
            else serve(events[i].data.fd);
        }
    }
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    signal(SIGPIPE, SIG_IGN);
    pthread_t thread;
    for (int others = count > 2 ? atoi(arguments[2]) - 1 : 0; others > 0; others--) {
        if (pthread_create(&thread, NULL, serve_all, arguments[1])) return 1;
    }
    serve_all(arguments[1]);
}
