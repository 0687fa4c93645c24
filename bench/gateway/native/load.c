/* The load: WebSocket clients on epoll, each with one message under way, or only held open.
 * usage: load PORT PATH CONNECTIONS SIZE
 * Connects, prints "connected", then obeys lines of standard input: "echo SECONDS" runs the closed loop and prints
 * one JSON line; the end of input ends it. PATH may hold one %d for the number of the connection. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WINDOW 256 /* handshakes under way at once */

typedef struct {
    int fd;
    uint32_t waiting; /* bytes of the answer still to come */
} client;

static uint8_t frame[70000];
static size_t frame_size, answer_size;
static uint8_t scratch[1 << 17];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void build_frame(size_t size) {
    char text[70000];
    int n = snprintf(text, sizeof text, "{\"type\":\"text_input\",\"session_id\":\"bench\",\"data\":{\"text\":\"");
    while ((size_t)n < size - 3) { text[n] = 'a' + n % 26; n++; }
    memcpy(text + n, "\"}}", 3);
    uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    size_t head = 2;
    frame[0] = 0x81;
    if (size < 126) frame[1] = 0x80 | size;
    else { frame[1] = 0x80 | 126; frame[2] = size >> 8; frame[3] = size & 255; head = 4; }
    memcpy(frame + head, mask, 4);
    for (size_t i = 0; i < size; i++) frame[head + 4 + i] = text[i] ^ mask[i & 3];
    frame_size = head + 4 + size;
    answer_size = head + size;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int begin(int port, const char *path, int number) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0) die("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) die("connect");
    char named[2048], request[4096];
    snprintf(named, sizeof named, path, number);
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                     "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140\r\n"
                     "Accept-Language: ko-KR,ko;q=0.9,en;q=0.8\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n"
                     "Origin: http://127.0.0.1:%d\r\n\r\n", named, port, port);
    if (send(fd, request, n, 0) != n) die("send");
    return fd;
}

static void finish(int fd) {
    size_t held = 0;
    for (;;) {
        ssize_t n = recv(fd, scratch + held, 4096, 0);
        if (n <= 0) die("handshake");
        held += n;
        if (memmem(scratch, held, "\r\n\r\n", 4)) break;
    }
    if (memcmp(scratch, "HTTP/1.1 101", 12)) { fwrite(scratch, 1, held, stderr); exit(1); }
}

static void post(client *c) {
    if (send(c->fd, frame, frame_size, MSG_NOSIGNAL) != (ssize_t)frame_size) die("send");
    c->waiting = answer_size;
}

static void run(client *clients, int count, double seconds) {
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN}, events[1024];
    for (int i = 0; i < count; i++) {
        event.data.ptr = &clients[i];
        epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].fd, &event);
        post(&clients[i]);
    }
    double from = now(), cpu_from = cpu(), until = from + seconds;
    long done = 0;
    int under_way = count;
    while (under_way) {
        int sending = now() < until, n = epoll_wait(poll, events, 1024, 1000);
        for (int i = 0; i < n; i++) {
            client *c = events[i].data.ptr;
            ssize_t got = recv(c->fd, scratch, sizeof scratch, MSG_DONTWAIT);
            if (got < 0 && errno == EAGAIN) continue;
            if (got <= 0) die("recv");
            /* The server's heartbeat: an empty ping, before or after an answer. */
            uint8_t *data = scratch;
            if (got >= 2 && c->waiting == answer_size && data[0] == 0x89) { data += 2; got -= 2; }
            if (got == (ssize_t)c->waiting + 2 && data[c->waiting] == 0x89) got -= 2;
            if (got > c->waiting) { fprintf(stderr, "more came than was sent\n"); exit(1); }
            c->waiting -= got;
            if (c->waiting) continue;
            if (sending) { post(c); done++; } else { under_way--; done++; }
        }
    }
    double wall = now() - from;
    printf("{\"messages\": %ld, \"seconds\": %.4f, \"load_cpu\": %.4f}\n", done, wall, cpu() - cpu_from);
    fflush(stdout);
    close(poll);
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int port = atoi(argv[1]), count = atoi(argv[3]);
    build_frame(atoi(argv[4]));
    client *clients = calloc(count, sizeof *clients);
    for (int i = 0; i < count + WINDOW; i++) {
        if (i >= WINDOW && i - WINDOW < count) finish(clients[i - WINDOW].fd);
        if (i < count) clients[i].fd = begin(port, argv[2], i);
    }
    puts("connected");
    fflush(stdout);
    char line[128];
    while (fgets(line, sizeof line, stdin)) {
        double seconds;
        if (sscanf(line, "echo %lf", &seconds) == 1) run(clients, count, seconds);
    }
    return 0;
}
