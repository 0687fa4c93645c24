/* The load: people in rooms, who say things, hear everything, and come back when their server dies.
 * usage: load PORT CLIENTS ROOM_SIZE SIZE TOKENS (a file, one a line)
 * Client i is in room i / ROOM_SIZE; the first of a room comes first and makes it. Prints "connected" when all have
 * joined, then obeys lines of standard input and answers each with one line of JSON; the end of input ends it.
 *   pace SECONDS RATE   messages to all rooms in turn so that RATE deliveries a second arrive; latencies
 *   crash RATE          the same until the server is gone; then all come back with the last seq they were told
 * Every event has to come once and in order, across everything; heartbeats are answered throughout. */
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

#define WINDOW 128 /* clients that connect at once */
#define MAX_LATENCIES 8000000
#define CATCH_UP_S 10.0

enum { AWAY, UPGRADING, OPENING, ENTERING, JOINING, READY };

typedef struct {
    int fd, state;
    long seq; /* the last one it was told, -1 before its first join */
    uint32_t held;
    uint8_t *rest;
} client;

static client *clients;
static char **tokens;
static long *acknowledged; /* the newest seq that the server confirmed to a sender, by room */
static int count, room_size, size, port, poller, ready, opening, lost;
static char epoch[128];
static uint8_t scratch[1 << 20];
static double *latencies;
static long latency_count, deliveries, acks, refused, disorder, unrecovered;

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

static void die(const char *what, const char *more, size_t length) {
    fprintf(stderr, "%s %.*s\n", what, (int)length, more);
    exit(1);
}

static void gone(client *c) {
    if (c->fd < 0) return;
    close(c->fd);
    c->fd = -1;
    if (c->state == READY) ready--;
    else opening--;
    c->state = AWAY;
    free(c->rest);
    c->rest = NULL;
    c->held = 0;
    lost++;
}

static void put(client *c, const void *data, size_t length) {
    if (send(c->fd, data, length, MSG_NOSIGNAL) != (ssize_t)length) gone(c);
}

static void say(client *c, const char *text, size_t length) {
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    uint8_t frame[16384];
    size_t head = 2;
    frame[0] = 0x81;
    if (length < 126) frame[1] = 0x80 | length;
    else {
        frame[1] = 0x80 | 126;
        frame[2] = length >> 8;
        frame[3] = length & 255;
        head = 4;
    }
    memcpy(frame + head, mask, 4);
    for (size_t i = 0; i < length; i++) frame[head + 4 + i] = text[i] ^ mask[i & 3];
    put(c, frame, head + 4 + length);
}

static int room_of(const client *c) { return (c - clients) / room_size; }

static void begin(client *c) {
    int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0) die("socket:", strerror(errno), 99);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    opening++;
    c->state = UPGRADING;
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) {
        gone(c);
        return;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = c - clients};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    char text[1024];
    put(c, text, snprintf(text, sizeof text,
                          "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          "Sec-WebSocket-Version: 13\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
                          "Accept-Language: ko-KR,ko;q=0.9,en;q=0.8\r\n\r\n", port));
}

static void join(client *c) {
    char text[512];
    int n = sprintf(text, "42[\"join_interview\",{\"interview_id\":\"bench-%d\"", room_of(c));
    if (c->seq >= 0) n += sprintf(text + n, ",\"last_seq\":%ld,\"epoch\":\"%s\"", c->seq, epoch);
    n += sprintf(text + n, "}]");
    say(c, text, n);
    c->state = JOINING;
}

static const char *field(const char *text, size_t length, const char *name) {
    const char *at = memmem(text, length, name, strlen(name));
    return at ? at + strlen(name) : NULL;
}

static void joined(client *c, const char *text, size_t length) {
    const char *last = field(text, length, "\"last_seq\":"), *from = field(text, length, "\"epoch\":\"");
    if (!last || !from) die("joined without a place:", text, length);
    if (c->seq < 0) c->seq = atol(last);
    else if (!field(text, length, "\"recovered\":true")) unrecovered++;
    size_t n = strcspn(from, "\"");
    if (n < sizeof epoch) {
        memcpy(epoch, from, n);
        epoch[n] = 0;
    }
    c->state = READY;
    opening--;
    ready++;
}

static void heard(client *c, const char *text, size_t length) {
    const char *at = field(text, length, "\"seq\":");
    if (!at) return;
    long seq = atol(at);
    if (seq <= c->seq) disorder++;
    c->seq = seq;
    if (length < 16 || memcmp(text, "42[\"new_message\"", 16)) return;
    deliveries++;
    const char *sent = field(text, length, "\"type\":\"");
    if (sent && latency_count < MAX_LATENCIES) latencies[latency_count++] = now() - atof(sent);
}

static void take_text(client *c, const char *text, size_t length) {
    if (length == 1 && text[0] == '2') say(c, "3", 1);
    else if (c->state == OPENING && text[0] == '0') {
        char answer[2048];
        say(c, answer, snprintf(answer, sizeof answer, "40{\"token\":\"%s\"}", tokens[c - clients]));
        c->state = ENTERING;
    } else if (length > 1 && !memcmp(text, "44", 2)) die("refused:", text, length);
    else if (length > 10 && !memcmp(text, "42[\"error\"", 10)) {
        if (c->state == JOINING) die("refused:", text, length);
        refused++;
    } else if (c->state == ENTERING && length > 14 && !memcmp(text, "42[\"connected\"", 14)) join(c);
    else if (c->state == JOINING && length > 21 && !memcmp(text, "42[\"joined_interview\"", 21)) joined(c, text, length);
    else if (length > 2 && !memcmp(text, "43", 2)) {
        const char *at = field(text, length, "\"seq\":");
        int room = atoi(text + 2);
        if (!at) die("no acknowledgement:", text, length);
        if (atol(at) > acknowledged[room]) acknowledged[room] = atol(at);
        acks++;
    } else if (c->state == READY && !memcmp(text, "42", 2)) heard(c, text, length);
}

static size_t take_frames(client *c, uint8_t *data, size_t length) {
    size_t at = 0;
    while (length - at >= 2 && c->fd >= 0) {
        size_t payload = data[at + 1] & 127, head = 2;
        if (payload == 126) {
            if (length - at < 4) break;
            payload = data[at + 2] << 8 | data[at + 3];
            head = 4;
        } else if (payload == 127) die("a frame too long", "", 0);
        if (length - at < head + payload) break;
        if ((data[at] & 15) == 1) take_text(c, (char *)data + at + head, payload);
        else if ((data[at] & 15) == 8) gone(c);
        at += head + payload;
    }
    return at;
}

static size_t take_http(client *c, uint8_t *data, size_t length) {
    uint8_t *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end) return 0;
    if (memcmp(data, "HTTP/1.1 101", 12)) die("no WebSocket:", (char *)data, length);
    size_t head = end + 4 - data;
    c->state = OPENING;
    return head + take_frames(c, data + head, length - head);
}

static void readable(client *c) {
    if (c->fd < 0) return;
    if (c->held) memcpy(scratch, c->rest, c->held);
    ssize_t n = recv(c->fd, scratch + c->held, sizeof scratch - c->held, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        gone(c);
        return;
    }
    size_t length = c->held + n;
    size_t used = c->state == UPGRADING ? take_http(c, scratch, length) : take_frames(c, scratch, length);
    if (c->fd < 0) return;
    free(c->rest);
    c->rest = NULL;
    c->held = length - used;
    if (c->held) {
        c->rest = malloc(c->held);
        memcpy(c->rest, scratch + used, c->held);
    }
}

/* Wait so long for something, to a fraction of a millisecond: the core is shared with the server's recognition workers. */
static void turn(double wait_s) {
    struct epoll_event events[1024];
    struct timespec wait = {(time_t)wait_s, (long)((wait_s - (double)(time_t)wait_s) * 1e9)};
    int n = epoll_pwait2(poller, events, 1024, &wait, NULL);
    for (int i = 0; i < n; i++) readable(&clients[events[i].data.u32]);
}

/* Connect all whose number is a multiple of `step`, some at a time, until they have joined. */
static void gather(int step) {
    int wanted = (count + step - 1) / step;
    double pause_until = 0;
    for (int next = 0; ready < wanted;) {
        int looked = 0;
        while (opening < WINDOW && looked++ < count && now() >= pause_until) {
            client *c = &clients[next];
            next = next + step < count ? next + step : 0;
            if (c->state != AWAY) continue;
            begin(c);
            if (c->state == AWAY) pause_until = now() + 0.02; /* nobody listens yet */
        }
        turn(opening ? 0.01 : 0.005);
    }
}

static void publish(int room, int turn_of) {
    client *c = &clients[room * room_size + turn_of % room_size];
    if (c->state != READY) return;
    char text[8192];
    int n = sprintf(text, "42%d[\"send_message\",{\"interview_id\":\"bench-%d\",\"type\":\"%.6f\",\"message\":\"", room,
                    room, now());
    while (n < size - 3) {
        text[n] = 'a' + n % 26;
        n++;
    }
    memcpy(text + n, "\"}]", 3);
    say(c, text, n + 3);
}

/* Publish at the rate until the time is over or a client has lost its connection; how many were sent. */
static long publish_for(double seconds, double rate) {
    int room_count = count / room_size, next = 0;
    double interval = room_size / rate, from = now(), due = from;
    long published = 0;
    lost = 0;
    while (now() - from < seconds && !lost) {
        double late = now();
        for (; due <= late; due += interval) {
            publish(next, published / room_count);
            next = (next + 1) % room_count;
            published++;
        }
        double wait = due - now();
        turn(wait > 0 ? wait : 0);
    }
    return published;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double at_rank(double share) {
    return latency_count ? latencies[(long)((latency_count - 1) * share)] * 1e3 : 0;
}

static void run_pace(double seconds, double rate) {
    double from = now(), cpu_from = cpu();
    deliveries = latency_count = acks = refused = 0;
    long published = publish_for(seconds, rate), wanted = published * room_size;
    double took = now() - from;
    for (double until = now() + CATCH_UP_S; deliveries < wanted && now() < until;) turn(0.1);
    qsort(latencies, latency_count, sizeof *latencies, by_size);
    printf("{\"deliveries\": %ld, \"missing\": %ld, \"unacknowledged\": %ld, \"refused\": %ld, \"disorder\": %ld, "
           "\"lost\": %d, \"seconds\": %.4f, \"load_cpu\": %.4f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n",
           deliveries, wanted - deliveries, published - acks, refused, disorder, lost, took, cpu() - cpu_from,
           at_rank(0.5), at_rank(0.99), at_rank(1));
}

static int behind(void) {
    int found = 0;
    for (int i = 0; i < count; i++) found += clients[i].seq < acknowledged[room_of(&clients[i])];
    return found;
}

static void run_crash(double rate) {
    unrecovered = disorder = 0;
    publish_for(1e9, rate);
    double from = now();
    for (int i = 0; i < count; i++) gone(&clients[i]);
    gather(1);
    double back = now() - from;
    for (double until = now() + CATCH_UP_S; behind() && now() < until;) turn(0.05);
    printf("{\"seconds\": %.3f, \"caught_up_s\": %.3f, \"back\": %d, \"unrecovered\": %ld, \"behind\": %d, "
           "\"disorder\": %ld}\n", back, now() - from, ready, unrecovered, behind(), disorder);
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    port = atoi(argv[1]);
    count = atoi(argv[2]);
    room_size = atoi(argv[3]);
    size = atoi(argv[4]);
    clients = calloc(count, sizeof *clients);
    tokens = calloc(count, sizeof *tokens);
    acknowledged = calloc(count / room_size + 1, sizeof *acknowledged);
    latencies = malloc(MAX_LATENCIES * sizeof *latencies);
    FILE *file = fopen(argv[5], "r");
    for (int i = 0; i < count; i++) {
        size_t room = 0;
        ssize_t n = getline(&tokens[i], &room, file);
        if (n <= 0) die("too few tokens", "", 0);
        tokens[i][n - 1] = 0;
        clients[i].fd = -1;
        clients[i].seq = -1;
    }
    fclose(file);
    poller = epoll_create1(0);
    gather(room_size);
    gather(1);
    puts("connected");
    fflush(stdout);
    char line[128];
    for (;;) {
        /* Between commands heartbeats are answered too. */
        fd_set set;
        FD_ZERO(&set);
        FD_SET(0, &set);
        struct timeval moment = {0, 20000};
        if (select(1, &set, NULL, NULL, &moment) <= 0) {
            turn(0);
            continue;
        }
        if (!fgets(line, sizeof line, stdin)) break;
        double seconds, rate;
        if (sscanf(line, "pace %lf %lf", &seconds, &rate) == 2) run_pace(seconds, rate);
        else if (sscanf(line, "crash %lf", &rate) == 1) run_crash(rate);
        fflush(stdout);
    }
    return 0;
}
