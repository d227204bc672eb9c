// The floor for any client on this kernel: bare sockets and epoll(7), no metrics, no script. What it takes is the price of the
// wake-ups. Starts are due each at its own time, or, with GRAIN_MS, together at the next multiple of so many milliseconds.
//
//	cc -O2 -o bare-client bench/lib/bare-client.c && ./bare-client URL RATE SECONDS [GRAIN_MS]
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 50, TIMER = CONNECTIONS };
static const long SECOND = 1000000000;

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void watch(int epoll, int fd, int id) {
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = id};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

int main(int count, char **args) {
  char host[64], path[512] = "/", request[1024], answer[1 << 16];
  int port;
  if (count < 4 || sscanf(args[1], "http://%63[0-9.]:%d%511s", host, &port, path) < 2) {
    fprintf(stderr, "usage: bare-client http://ADDRESS:PORT/PATH RATE SECONDS [GRAIN_MS]\n");
    return 2;
  }
  long rate = atol(args[2]), total = rate * atol(args[3]);
  long grain = count > 4 ? atol(args[4]) * SECOND / 1000 : 0;
  int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: bare\r\n\r\n", path, host, port);

  int epoll = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  int sockets[CONNECTIONS], idle[CONNECTIONS], idling = 0;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(host)};
  for (int i = 0; i < CONNECTIONS; i++) {
    sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(sockets[i], (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    watch(epoll, sockets[i], i);
    idle[idling++] = i;
  }
  watch(epoll, timer, TIMER);

  long start = now(), sent = 0, answers = 0, armed = 0;
  while (answers < total) {
    long due = (now() - start) * rate / SECOND + 1;
    for (; sent < due && sent < total && idling > 0; sent++)
      if (write(sockets[idle[--idling]], request, length) != length) fail("write");
    long next = start + sent * SECOND / rate;
    if (grain > 0) next = start + ((next - start) / grain + 1) * grain;
    if (sent < total && next > armed) {
      struct itimerspec at = {.it_value = {.tv_sec = next / SECOND, .tv_nsec = next % SECOND}};
      timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
      armed = next;
    }
    struct epoll_event events[CONNECTIONS + 1];
    int ready = epoll_wait(epoll, events, CONNECTIONS + 1, 1000);
    for (int i = 0; i < ready; i++) {
      int id = events[i].data.u32;
      if (id == TIMER) {
        if (read(timer, answer, 8) < 0) continue;
      } else {
        // An answer of a few KB on loopback comes in one piece.
        if (read(sockets[id], answer, sizeof answer) <= 0) fail("read");
        answers++;
        idle[idling++] = id;
      }
    }
  }
  printf("{\"answers\":%ld}\n", answers);
}
