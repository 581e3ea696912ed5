// A crowd of clients: keeps one request in flight on each of many connections, and tells how long the answers took.
//
//   crowd PORT CONNECTIONS OPENING WARM-UP MEASURED PAUSE
//
// Opens the connections one by one within OPENING ms, and says "steady" WARM-UP ms later. Latencies are those of the
// answers of the next MEASURED ms, told as one line of JSON, in µs, and once more without the work that each answer says
// was done for it (Server-Timing: work;dur=MS). The connections stay until standard input ends.
// PAUSE µs pass between an answer and the connection's next request.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// Times in µs. Latencies are counted in steps; the last one stands for all that are longer.
enum { turn = 512, step = 10, steps = 2000000, overdue = 2000000, rest_after_error = 100000 };

static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static const char answer[] = "Hello Monitoring!";
static const char work[] = "\r\nserver-timing: work;dur=";

struct connection {
    int descriptor, length;
    enum { closed, connecting, asked, idle } state;
    int64_t began;
    char bytes[496];
};

// Connections that wait equally long: the first that came is due first.
struct queue { struct { int64_t due; int index; } *places; int64_t delay; int first, count; };

static struct connection *connections;
// Where whole answers come: to touch memory of each connection would cost as much as to receive.
static char shared[sizeof connections->bytes];
static struct queue resting, failed;
static int total, loop;
static struct sockaddr_in address;
static bool measures;
// And what is left of them without the work that a server says it did.
static uint32_t latencies[steps], added[steps];
static uint64_t answers, errors, told;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static void wait_in(struct queue *queue, int index) {
    int place = (queue->first + queue->count++) % total;
    queue->places[place].due = now() + queue->delay;
    queue->places[place].index = index;
}

static void leave(int index) {
    if (connections[index].descriptor >= 0) close(connections[index].descriptor);
    connections[index].descriptor = -1;
    connections[index].state = closed;
}

static void fail(int index) {
    errors += measures;
    leave(index);
    wait_in(&failed, index);
}

static void send_request(int index) {
    struct connection *connection = &connections[index];
    connection->state = asked;
    connection->length = 0;
    ssize_t count = send(connection->descriptor, request, sizeof request - 1, MSG_NOSIGNAL);
    if (count != sizeof request - 1) fail(index);
}

static void ask(int index) {
    struct connection *connection = &connections[index];
    connection->began = now();
    if (connection->state == idle) return send_request(index);
    int on = 1;
    connection->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connection->descriptor < 0) perror("crowd"), exit(1);
    setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Far from the 28,000 ports of one address: to find one that is free takes long when half of them are taken.
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + index / 10000)};
    setsockopt(connection->descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    bind(connection->descriptor, (struct sockaddr *)&own, sizeof own);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u32 = index};
    epoll_ctl(loop, EPOLL_CTL_ADD, connection->descriptor, &event);
    connection->state = connecting;
    int refused = connect(connection->descriptor, (struct sockaddr *)&address, sizeof address);
    if (refused && errno != EINPROGRESS) fail(index);
}

static void note(uint32_t *counts, int64_t taken) {
    int64_t place = taken < 0 ? 0 : taken / step;
    counts[place < steps ? place : steps - 1]++;
}

static void take_answer(int index, const char *bytes) {
    struct connection *connection = &connections[index];
    if (strncmp(bytes + 8, " 200", 4)) return fail(index);
    if (measures) {
        int64_t taken = now() - connection->began;
        answers++;
        note(latencies, taken);
        const char *said = strcasestr(bytes, work);
        if (said) {
            told++;
            note(added, taken - (int64_t)(1000 * strtod(said + sizeof work - 1, NULL)));
        }
    }
    if (strcasestr(bytes, "\r\nconnection: close")) leave(index);
    else connection->state = idle;
    if (resting.delay) wait_in(&resting, index);
    else ask(index);
}

static void receive(int index) {
    struct connection *connection = &connections[index];
    char *bytes = connection->length ? connection->bytes : shared;
    size_t room = sizeof connection->bytes - 1 - connection->length;
    ssize_t count = recv(connection->descriptor, bytes + connection->length, room, 0);
    if (count < 0 && errno == EAGAIN) return;
    // One that rests may be closed; it is opened again when its rest is over.
    if (connection->state == idle) return leave(index);
    if (count <= 0) return fail(index);
    connection->length += count;
    bytes[connection->length] = 0;
    int head = connection->length - (int)(sizeof answer - 1);
    if (head > 0 && !strcmp(bytes + head, answer)) take_answer(index, bytes);
    else if ((size_t)count == room) fail(index);
    else if (bytes == shared) memcpy(connection->bytes, shared, count);
}

static void heed(const struct epoll_event *event) {
    struct connection *connection = &connections[event->data.u32];
    if (connection->state == connecting) {
        if (event->events & (EPOLLERR | EPOLLHUP)) return fail(event->data.u32);
        if (event->events & EPOLLOUT) send_request(event->data.u32);
    } else if (event->events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
        receive(event->data.u32);
    }
}

static void ask_due(struct queue *queue) {
    int64_t moment = now();
    while (queue->count && queue->places[queue->first].due <= moment) {
        int index = queue->places[queue->first].index;
        queue->first = (queue->first + 1) % total;
        queue->count--;
        ask(index);
    }
}

static double quantile(const uint32_t *counts, uint64_t count, double share) {
    uint64_t rank = share * count, seen = 0;
    for (int i = 0; i < steps; i++) {
        seen += counts[i];
        if (seen > rank) return (i + 0.5) * step;
    }
    return 0;
}

static int64_t unanswered(void) {
    int64_t count = 0, moment = now();
    for (int i = 0; i < total; i++) {
        bool waits = connections[i].state == asked || connections[i].state == connecting;
        count += waits && moment - connections[i].began > overdue;
    }
    return count;
}

int main(int count, char **arguments) {
    if (count < 7) return 2;
    signal(SIGPIPE, SIG_IGN);
    total = atoi(arguments[2]);
    int64_t opening = 1000 * atoll(arguments[3]) + 1, warm = opening + 1000 * atoll(arguments[4]);
    int64_t end = warm + 1000 * atoll(arguments[5]), measured = 0;
    address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    connections = calloc(total, sizeof *connections);
    for (int i = 0; i < total; i++) connections[i].descriptor = -1;
    resting = (struct queue){.places = calloc(total, sizeof *resting.places), .delay = atoll(arguments[6])};
    failed = (struct queue){.places = calloc(total, sizeof *failed.places), .delay = rest_after_error};
    loop = epoll_create1(0);
    int opened = 0;
    struct epoll_event events[turn];
    for (int64_t start = now();;) {
        int64_t elapsed = now() - start;
        while (opened < total && opened <= total * elapsed / opening) ask(opened++);
        if (!measures && elapsed >= warm) {
            puts("steady");
            fflush(stdout);
            measures = true;
            measured = now();
        }
        if (elapsed >= end) break;
        ask_due(&resting);
        ask_due(&failed);
        int ready = epoll_wait(loop, events, turn, 1);
        for (int i = 0; i < ready; i++) heed(&events[i]);
    }
    printf("{\"answers\": %lu, \"seconds\": %.6f, \"errors\": %lu, \"unanswered\": %ld, "
           "\"p50\": %.0f, \"p99\": %.0f, \"p99.9\": %.0f, "
           "\"told\": %lu, \"added p50\": %.0f, \"added p99\": %.0f}\n",
           answers, (now() - measured) / 1e6, errors, unanswered(), quantile(latencies, answers, 0.5),
           quantile(latencies, answers, 0.99), quantile(latencies, answers, 0.999), told, quantile(added, told, 0.5),
           quantile(added, told, 0.99));
    fflush(stdout);
    while (getchar() != EOF) {}
}
