/* The load: Socket.IO clients on epoll, over WebSocket or held polls.
 * usage: load PORT CONNECTIONS ROOM_SIZE SIZE websocket|polling TOKEN
 * Connects all (client i joins room i / ROOM_SIZE by its CONNECT payload), prints "connected", then obeys lines of
 * standard input and answers each with one line of JSON; the end of input ends it.
 *   echo SECONDS          every client keeps one acknowledged event under way
 *   fan SECONDS WINDOW    the first client of room 0 publishes to the room, WINDOW broadcasts under way
 *   pace SECONDS RATE     publishes to all rooms in turn so that RATE deliveries a second arrive; latencies
 * Heartbeats are answered throughout. */
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
#define KEPT 4096  /* broadcasts of a room whose sending times are remembered */
#define MAX_LATENCIES 8000000

enum { UPGRADING, OPENING, JOINING, READY, POLL_OPEN, POLL_JOIN, POLL_WELCOME, POLL_HELD, POLL_PONG };

typedef struct {
    int fd, state, room;
    uint32_t held, got;
    uint8_t *rest;
    char sid[64];
} client;

typedef struct {
    uint32_t sent;
    double *at;
    int *count;
} room;

static client *clients;
static room *rooms;
static int count, room_size, port, poller, ready, polling;
static const char *token;
static uint8_t event_frame[70000], publish_frame[70000];
static size_t event_size, publish_size;
static uint8_t scratch[1 << 20];
static long acks, deliveries;
static int measuring_echo, sending, window_left;
static double *latencies;
static long latency_count;
static int recording;

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

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void put(client *c, const void *data, size_t size) {
    const uint8_t *at = data;
    while (size) {
        ssize_t n = send(c->fd, at, size, MSG_NOSIGNAL);
        if (n < 0) die("send");
        at += n;
        size -= n;
    }
}

static size_t mask_text(uint8_t *frame, const char *text, size_t size) {
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    size_t head = 2;
    frame[0] = 0x81;
    if (size < 126) frame[1] = 0x80 | size;
    else {
        frame[1] = 0x80 | 126;
        frame[2] = size >> 8;
        frame[3] = size & 255;
        head = 4;
    }
    memcpy(frame + head, mask, 4);
    for (size_t i = 0; i < size; i++) frame[head + 4 + i] = text[i] ^ mask[i & 3];
    return head + 4 + size;
}

static size_t build_event(uint8_t *frame, const char *head, size_t size) {
    char text[70000];
    size_t n = sprintf(text, "%s{\"interview_id\":\"bench\",\"user_id\":\"7\",\"type\":\"text\",\"message\":\"", head);
    while (n < size - 3) { text[n] = 'a' + n % 26; n++; }
    memcpy(text + n, "\"}]", 3);
    return mask_text(frame, text, size);
}

static void send_text(client *c, const char *text) {
    uint8_t frame[4096];
    put(c, frame, mask_text(frame, text, strlen(text)));
}

static void request(client *c, const char *method, const char *query, const char *body) {
    char text[8192];
    int n = snprintf(text, sizeof text,
                     "%s /socket.io/?EIO=4&transport=polling%s%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                     "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140\r\n"
                     "Accept: */*\r\nAccept-Language: ko-KR,ko;q=0.9,en;q=0.8\r\nConnection: keep-alive\r\n",
                     method, query, c->sid, port);
    if (body)
        n += snprintf(text + n, sizeof text - n,
                      "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    else n += snprintf(text + n, sizeof text - n, "\r\n");
    put(c, text, n);
}

static void join(client *c, int number, char *text) {
    (void)c;
    sprintf(text, "40{\"token\":\"%s\",\"room\":%d}", token, number / room_size);
}

static void begin(int number) {
    client *c = &clients[number];
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0) die("socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) die("connect");
    c->room = number / room_size;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    if (polling) {
        c->state = POLL_OPEN;
        request(c, "GET", "", NULL);
        return;
    }
    c->state = UPGRADING;
    char text[2048];
    int n = snprintf(text, sizeof text,
                     "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Version: 13\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 "
                     "(KHTML, like Gecko) Chrome/140\r\nAccept-Language: ko-KR,ko;q=0.9,en;q=0.8\r\n"
                     "Cache-Control: no-cache\r\nPragma: no-cache\r\nOrigin: http://127.0.0.1:%d\r\n\r\n", port, port);
    put(c, text, n);
}

static void publish(int number) {
    room *r = &rooms[number];
    uint32_t k = r->sent++ % KEPT;
    r->at[k] = now();
    r->count[k] = 0;
    put(&clients[number * room_size], publish_frame, publish_size);
}

static void delivered(client *c) {
    room *r = &rooms[c->room];
    uint32_t k = c->got++ % KEPT;
    deliveries++;
    if (recording && latency_count < MAX_LATENCIES) latencies[latency_count++] = now() - r->at[k];
    if (++r->count[k] == room_size && window_left) {
        if (sending) publish(c->room);
        else window_left--;
    }
}

static void take_text(client *c, const char *text, size_t size) {
    if (size == 1 && text[0] == '2') send_text(c, "3");
    else if (c->state == OPENING && text[0] == '0') {
        char answer[2048];
        join(c, c - clients, answer);
        send_text(c, answer);
        c->state = JOINING;
    } else if (c->state == JOINING && size > 2 && !memcmp(text, "40", 2)) {
        c->state = READY;
        ready++;
    } else if (size > 2 && !memcmp(text, "43", 2)) {
        acks++;
        if (measuring_echo && sending) put(c, event_frame, event_size);
        else if (measuring_echo) window_left--;
    } else if (size > 12 && !memcmp(text, "42[\"delivery", 12)) delivered(c);
    else if (size > 1 && !memcmp(text, "44", 2)) {
        fprintf(stderr, "refused: %.*s\n", (int)size, text);
        exit(1);
    }
}

static size_t take_frames(client *c, uint8_t *data, size_t size) {
    size_t at = 0;
    while (size - at >= 2) {
        size_t length = data[at + 1] & 127, head = 2;
        if (length == 126) {
            if (size - at < 4) break;
            length = data[at + 2] << 8 | data[at + 3];
            head = 4;
        } else if (length == 127) {
            fprintf(stderr, "a frame too long\n");
            exit(1);
        }
        if (size - at < head + length) break;
        int opcode = data[at] & 15;
        if (opcode == 1) take_text(c, (char *)data + at + head, length);
        else if (opcode == 8) {
            fprintf(stderr, "closed: %.*s\n", (int)length, data + at + head);
            exit(1);
        }
        at += head + length;
    }
    return at;
}

static void take_answer(client *c, char *body, size_t size) {
    char text[2048];
    body[size] = 0;
    int pinged = size && body[size - 1] == '2' && (size == 1 || body[size - 2] == 0x1e);
    switch (c->state) {
    case POLL_OPEN: {
        char *sid = strstr(body, "\"sid\":\"");
        if (!sid) { fprintf(stderr, "no sid: %s\n", body); exit(1); }
        char *end = strchr(sid + 7, '"');
        snprintf(c->sid, sizeof c->sid, "%.*s", (int)(end - sid - 7), sid + 7);
        join(c, c - clients, text);
        c->state = POLL_JOIN;
        request(c, "POST", "&sid=", text);
        break;
    }
    case POLL_JOIN:
        c->state = POLL_WELCOME;
        request(c, "GET", "&sid=", NULL);
        break;
    case POLL_WELCOME:
        if (strstr(body, "40{") || strstr(body, "40/")) {
            ready++;
            c->state = POLL_HELD;
        }
        request(c, "GET", "&sid=", NULL);
        break;
    case POLL_HELD:
        if (pinged) {
            c->state = POLL_PONG;
            request(c, "POST", "&sid=", "3");
        } else request(c, "GET", "&sid=", NULL);
        break;
    case POLL_PONG:
        c->state = POLL_HELD;
        request(c, "GET", "&sid=", NULL);
        break;
    }
}

static size_t take_http(client *c, uint8_t *data, size_t size) {
    uint8_t *end = memmem(data, size, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = end + 4 - data, length = 0;
    if (c->state == UPGRADING) {
        if (memcmp(data, "HTTP/1.1 101", 12)) { fwrite(data, 1, size, stderr); exit(1); }
        c->state = OPENING;
        return head + take_frames(c, data + head, size - head);
    }
    if (memcmp(data, "HTTP/1.1 200", 12)) { fwrite(data, 1, size, stderr); exit(1); }
    end[2] = 0;
    char *field = strcasestr((char *)data, "\r\ncontent-length:");
    end[2] = '\r';
    if (!field) { fprintf(stderr, "no length: %.*s\n", (int)head, data); exit(1); }
    length = strtoul(field + 17, NULL, 10);
    if (size - head < length) return 0;
    take_answer(c, (char *)data + head, length);
    return head + length;
}

static void readable(client *c) {
    if (c->held) memcpy(scratch, c->rest, c->held);
    ssize_t n = recv(c->fd, scratch + c->held, sizeof scratch - c->held - 1, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        fprintf(stderr, "client %ld in state %d: %s\n", c - clients, c->state, n ? strerror(errno) : "closed");
        exit(1);
    }
    size_t size = c->held + n;
    size_t used = c->state == UPGRADING || c->state >= POLL_OPEN ? take_http(c, scratch, size)
                                                                 : take_frames(c, scratch, size);
    if (c->rest) { free(c->rest); c->rest = NULL; }
    c->held = size - used;
    if (c->held) {
        c->rest = malloc(c->held);
        memcpy(c->rest, scratch + used, c->held);
    }
}

static void turn(int timeout_ms) {
    struct epoll_event events[1024];
    int n = epoll_wait(poller, events, 1024, timeout_ms);
    for (int i = 0; i < n; i++) readable(&clients[events[i].data.u32]);
}

static void run_echo(double seconds) {
    double from = now(), cpu_from = cpu();
    acks = 0;
    measuring_echo = sending = 1;
    window_left = count;
    for (int i = 0; i < count; i++) put(&clients[i], event_frame, event_size);
    while (window_left) {
        if (sending && now() - from >= seconds) sending = 0;
        turn(100);
    }
    measuring_echo = 0;
    printf("{\"messages\": %ld, \"seconds\": %.4f, \"load_cpu\": %.4f}\n", acks, now() - from, cpu() - cpu_from);
}

static void run_fan(double seconds, int window) {
    double from = now(), cpu_from = cpu();
    deliveries = 0;
    sending = 1;
    window_left = window;
    for (int i = 0; i < window; i++) publish(0);
    while (window_left) {
        if (sending && now() - from >= seconds) sending = 0;
        turn(100);
    }
    printf("{\"messages\": %ld, \"seconds\": %.4f, \"load_cpu\": %.4f}\n", deliveries, now() - from, cpu() - cpu_from);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void run_pace(double seconds, double rate) {
    int room_count = count / room_size, next = 0;
    double interval = room_size / rate, from = now(), cpu_from = cpu(), due = from;
    deliveries = latency_count = 0;
    recording = 1;
    sending = window_left = 0;
    long published = 0;
    while (now() - from < seconds) {
        double late = now();
        while (due <= late) {
            publish(next);
            next = (next + 1) % room_count;
            due += interval;
            published++;
        }
        double wait = due - now();
        turn(wait > 0.0015 ? (int)(wait * 1000) : 0);
    }
    long wanted = published * room_size;
    double until = now() + 10;
    while (deliveries < wanted && now() < until) turn(100);
    recording = 0;
    qsort(latencies, latency_count, sizeof *latencies, by_size);
    double p50 = latency_count ? latencies[latency_count / 2] : 0, p99 = latency_count ? latencies[latency_count * 99 / 100] : 0;
    printf("{\"messages\": %ld, \"missing\": %ld, \"seconds\": %.4f, \"load_cpu\": %.4f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
           "\"max_ms\": %.3f}\n", deliveries, wanted - deliveries, now() - from, cpu() - cpu_from, p50 * 1e3, p99 * 1e3,
           latency_count ? latencies[latency_count - 1] * 1e3 : 0);
}

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    port = atoi(argv[1]);
    count = atoi(argv[2]);
    room_size = atoi(argv[3]);
    size_t size = atoi(argv[4]);
    polling = !strcmp(argv[5], "polling");
    token = argv[6];
    event_size = build_event(event_frame, "421[\"send_message\",", size);
    publish_size = build_event(publish_frame, "42[\"publish\",", size);
    clients = calloc(count, sizeof *clients);
    rooms = calloc(count / room_size + 1, sizeof *rooms);
    for (int i = 0; i <= count / room_size; i++) {
        rooms[i].at = calloc(KEPT, sizeof(double));
        rooms[i].count = calloc(KEPT, sizeof(int));
    }
    latencies = malloc(MAX_LATENCIES * sizeof *latencies);
    poller = epoll_create1(0);
    for (int begun = 0; ready < count;) {
        while (begun < count && begun - ready < WINDOW) begin(begun++);
        turn(1000);
    }
    puts("connected");
    fflush(stdout);
    char line[128];
    for (;;) {
        /* Between commands heartbeats are answered too. */
        fd_set set;
        FD_ZERO(&set);
        FD_SET(0, &set);
        struct timeval moment = {0, 20000};
        int there = select(1, &set, NULL, NULL, &moment);
        if (there <= 0) { turn(0); continue; }
        if (!fgets(line, sizeof line, stdin)) break;
        double seconds, other = 0;
        if (sscanf(line, "echo %lf", &seconds) == 1) run_echo(seconds);
        else if (sscanf(line, "fan %lf %lf", &seconds, &other) == 2) run_fan(seconds, (int)other);
        else if (sscanf(line, "pace %lf %lf", &seconds, &other) == 2) run_pace(seconds, other);
        fflush(stdout);
    }
    return 0;
}
