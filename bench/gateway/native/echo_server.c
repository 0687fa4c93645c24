/* The reference: a plain WebSocket echo on epoll, with as little around the system calls as the protocol allows.
 * usage: echo_server PORT */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_FD 65536
#define BUFFER 65536

typedef struct {
    uint8_t open;    /* the handshake is done */
    uint32_t held;   /* bytes kept of an incomplete frame or head */
    uint8_t *bytes;
} connection;

static connection connections[MAX_FD];
static uint8_t input[BUFFER * 2];
static uint8_t output[BUFFER * 2];

static uint32_t rotate(uint32_t x, int n) { return (x << n) | (x >> (32 - n)); }

static void sha1(const uint8_t *data, size_t size, uint8_t digest[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t padded[128] = {0};
    size_t blocks = size + 9 <= 64 ? 1 : 2;
    memcpy(padded, data, size);
    padded[size] = 0x80;
    uint64_t bits = (uint64_t)size * 8;
    for (int i = 0; i < 8; i++) padded[blocks * 64 - 1 - i] = bits >> (8 * i);
    for (size_t block = 0; block < blocks; block++) {
        uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 16; i++) {
            const uint8_t *p = padded + block * 64 + i * 4;
            w[i] = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
        }
        for (int i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        for (int i = 0; i < 80; i++) {
            uint32_t f, k;
            if (i < 20) { f = (b & c) | (~b & d); k = 0x5A827999; }
            else if (i < 40) { f = b ^ c ^ d; k = 0x6ED9EBA1; }
            else if (i < 60) { f = (b & c) | (b & d) | (c & d); k = 0x8F1BBCDC; }
            else { f = b ^ c ^ d; k = 0xCA62C1D6; }
            uint32_t next = rotate(a, 5) + f + e + k + w[i];
            e = d; d = c; c = rotate(b, 30); b = a; a = next;
        }
        h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e;
    }
    for (int i = 0; i < 20; i++) digest[i] = h[i / 4] >> (24 - 8 * (i % 4));
}

static void base64(const uint8_t *data, int size, char *out) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < size; i += 3) {
        uint32_t v = data[i] << 16 | (i + 1 < size ? data[i + 1] << 8 : 0) | (i + 2 < size ? data[i + 2] : 0);
        *out++ = letters[v >> 18];
        *out++ = letters[v >> 12 & 63];
        *out++ = i + 1 < size ? letters[v >> 6 & 63] : '=';
        *out++ = i + 2 < size ? letters[v & 63] : '=';
    }
    *out = 0;
}

static void drop(int fd) {
    free(connections[fd].bytes);
    memset(&connections[fd], 0, sizeof(connection));
    close(fd);
}

static size_t handshake(int fd, uint8_t *data, size_t size) {
    char *end = memmem(data, size, "\r\n\r\n", 4);
    if (!end) return 0;
    char *key = strcasestr((char *)data, "sec-websocket-key: ");
    if (!key) { drop(fd); return size; }
    uint8_t text[24 + 36], digest[20];
    char accept[32], answer[256];
    memcpy(text, key + 19, 24);
    memcpy(text + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    sha1(text, sizeof text, digest);
    base64(digest, 20, accept);
    int n = snprintf(answer, sizeof answer,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    if (send(fd, answer, n, MSG_NOSIGNAL) != n) { drop(fd); return size; }
    connections[fd].open = 1;
    return (uint8_t *)end + 4 - data;
}

/* Echo every whole frame in data; gives the bytes used up. All answers of one read leave in one send. */
static size_t echo(int fd, uint8_t *data, size_t size) {
    size_t at = 0, out = 0;
    while (size - at >= 6) {
        uint8_t *p = data + at;
        size_t length = p[1] & 127, head = 2;
        if (length == 126) { length = p[2] << 8 | p[3]; head = 4; }
        if (size - at < head + 4 + length) break;
        if ((p[0] & 15) == 8) { drop(fd); return size; }
        uint8_t *mask = p + head, *payload = mask + 4;
        memcpy(output + out, p, head);
        output[out + 1] &= 127;
        out += head;
        uint32_t key;
        memcpy(&key, mask, 4);
        size_t i = 0;
        for (; i + 4 <= length; i += 4) {
            uint32_t word;
            memcpy(&word, payload + i, 4);
            word ^= key;
            memcpy(output + out + i, &word, 4);
        }
        for (; i < length; i++) output[out + i] = payload[i] ^ mask[i & 3];
        out += length;
        at += head + 4 + length;
    }
    if (out && send(fd, output, out, MSG_NOSIGNAL) != (ssize_t)out) { drop(fd); return size; }
    return at;
}

static void receive(int fd) {
    connection *c = &connections[fd];
    size_t held = c->held;
    if (held) memcpy(input, c->bytes, held);
    ssize_t n = recv(fd, input + held, BUFFER, 0);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) drop(fd);
        return;
    }
    size_t size = held + n, used = 0;
    input[size] = 0;
    if (!c->open) used = handshake(fd, input, size);
    if (c->open && used < size) used += echo(fd, input + used, size - used);
    c->held = size > used ? size - used : 0;
    if (c->held) {
        c->bytes = realloc(c->bytes, c->held);
        memcpy(c->bytes, input + used, c->held);
    } else if (c->bytes) {
        free(c->bytes);
        c->bytes = NULL;
    }
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) return 1;
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[1024];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(poll, events, 1024, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) { receive(fd); continue; }
            while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                event.events = EPOLLIN;
                event.data.fd = fd;
                if (fd >= MAX_FD || epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event)) close(fd);
            }
        }
    }
}
