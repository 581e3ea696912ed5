// The limit: one epoll loop that reads request heads and sends a fixed answer, and parses nothing else.
//
//   epoll PORT [THREADS]
//
// Each thread has a loop and a socket of its own. WORK in the environment is the least and the most time that an answer
// waits for, in seconds; less than one, and drawn in whole ms.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { connections = 65536, turn = 512, wheel = 1024 };

#define HEAD \
    "HTTP/1.1 200 OK\r\n" \
    "Content-Type: text/plain; charset=utf-8\r\n" \
    "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
#define TIMING "Server-Timing: work;dur="
#define REST "Content-Length: 17\r\n\r\nHello Monitoring!"

static const char answer[] = HEAD REST;

// How much of the blank line that ends a head has been read, by descriptor: a head may come in pieces.
static unsigned char matched[connections];

static int least, most;
// Who waits, by descriptor: the next that is due in the same ms, and for how long.
static int next[connections];
static short works[connections];

struct timers { int first[wheel], waiting; long now; unsigned chance; };

static long milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000L + time.tv_nsec / 1000000;
}

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

static int send_all(int descriptor, const char *bytes, ssize_t count) {
    // An answer that doesn't fit ends the connection: its client doesn't read.
    return write(descriptor, bytes, count) == count;
}

static void wait_for_work(int descriptor, struct timers *timers) {
    timers->chance = timers->chance * 1664525u + 1013904223u;
    int work = least + (timers->chance >> 8) % (most - least + 1);
    long now = milliseconds();
    // While nobody waits, time isn't followed.
    if (!timers->waiting) timers->now = now;
    // Never early: this ms has begun already.
    int *first = &timers->first[(now + work + 1) % wheel];
    works[descriptor] = work;
    next[descriptor] = *first;
    *first = descriptor;
    timers->waiting++;
}

static void answer_due(struct timers *timers) {
    char bytes[] = HEAD TIMING "000\r\n" REST, *digits = bytes + sizeof HEAD TIMING - 1;
    for (long end = milliseconds(); timers->now < end;) {
        int *first = &timers->first[++timers->now % wheel];
        int descriptor = *first;
        *first = -1;
        for (; descriptor >= 0; descriptor = next[descriptor], timers->waiting--) {
            digits[0] = '0' + works[descriptor] / 100;
            digits[1] = '0' + works[descriptor] / 10 % 10;
            digits[2] = '0' + works[descriptor] % 10;
            if (!send_all(descriptor, bytes, sizeof bytes - 1)) shutdown(descriptor, SHUT_RDWR);
        }
    }
}

static void serve(int descriptor, struct timers *timers) {
    char bytes[4096];
    ssize_t count = read(descriptor, bytes, sizeof bytes);
    if (count < 0 && errno == EAGAIN) return;
    int left = count > 0 ? heads(descriptor, bytes, count) : 0;
    if (most && left) return wait_for_work(descriptor, timers);
    for (; left > 0; left--) {
        if (!send_all(descriptor, answer, sizeof answer - 1)) count = 0;
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
    struct timers timers = {.chance = milliseconds()};
    for (int i = 0; i < wheel; i++) timers.first[i] = -1;
    for (;;) {
        int ready = epoll_wait(loop, events, turn, timers.waiting ? 1 : -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) take(loop, listener);
            else serve(events[i].data.fd, &timers);
        }
        if (timers.waiting) answer_due(&timers);
    }
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    signal(SIGPIPE, SIG_IGN);
    double from, to;
    const char *work = getenv("WORK");
    if (work) {
        if (sscanf(work, "%lf %lf", &from, &to) != 2 || from < 0 || from > to || to >= 1) return 2;
        least = 1000 * from, most = 1000 * to;
    }
    pthread_t thread;
    for (int others = count > 2 ? atoi(arguments[2]) - 1 : 0; others > 0; others--) {
        if (pthread_create(&thread, NULL, serve_all, arguments[1])) return 1;
    }
    serve_all(arguments[1]);
}
