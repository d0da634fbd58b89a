// Whom the agent's HTTPS server answers, over real TLS on this machine.
#include <cleat/sdk/file.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "tests/plugins/agent/server/server_fixture.h"

namespace cleat::agent::test {
namespace {

// Has connected, and says nothing. A read takes ten seconds at most.
Fd silentConnection(uint16_t port) {
  Fd made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(made.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  timeval limit{.tv_sec = 10, .tv_usec = 0};
  setsockopt(made.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return made;
}

TEST_F(Server, AnybodyMayAskWhetherItIsAlive) { EXPECT_EQ(statusLine(get("/healthz", nullptr)), "HTTP/1.1 200 OK"); }

TEST_F(Server, OnlyTheApiServerMayAskForMore) {
  EXPECT_EQ(statusLine(get("/containerLogs/default/web/main", nullptr)), "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(statusLine(get("/containerLogs/default/web/main", &otherNode_)), "HTTP/1.1 403 Forbidden");
  EXPECT_EQ(statusLine(get("/containerLogs/default/web/main", &apiServer_)), "HTTP/1.1 404 Not Found");
  EXPECT_NE(statusLine(get("/containerLogs/default/web/main", &stranger_)), "HTTP/1.1 200 OK")
      << "the right names on a certificate that the cluster has not signed";
}

TEST_F(Server, WhoDoesNotSayWhoItIsTakesNobodysPlace) {
  std::vector<Fd> silent;
  for (int i = 0; i < 300; ++i) silent.push_back(silentConnection(port_));
  EXPECT_EQ(statusLine(get("/containerLogs/default/web/main", &apiServer_)), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(statusLine(get("/healthz", nullptr)), "HTTP/1.1 200 OK");
  char byte;
  for (int i = 0; i < 250; ++i) EXPECT_EQ(recv(silent[i].get(), &byte, 1, 0), 0) << "the oldest have been put out";
}

TEST_F(Server, TheLogOfAContainerIsGivenAsText) {
  node_.put(podNamed("web"));
  FakeContainer* container = node_.runtime().find("main");
  container->logPath = node_.host().dataDir() + "/0.log";
  ASSERT_TRUE(
      writeFile(container->logPath, "2026-03-01T12:00:00Z stdout F hello\n2026-03-01T12:00:01Z stdout F there\n"));
  node_.runtime().event();
  node_.advance(2s);
  std::string answer = get("/containerLogs/default/web/main?tailLines=1", &apiServer_);
  EXPECT_EQ(statusLine(answer), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("there\n"), std::string::npos);
  EXPECT_EQ(answer.find("hello"), std::string::npos);
}

TEST_F(Server, AFollowedLogEndsWithItsContainer) {
  node_.put(podNamed("web", "Never"));
  FakeContainer* container = node_.runtime().find("main");
  container->logPath = node_.host().dataDir() + "/0.log";
  ASSERT_TRUE(writeFile(container->logPath, "2026-03-01T12:00:00Z stdout F hello\n"));
  node_.runtime().event();
  node_.advance(2s);
  std::string answer;
  std::atomic<bool> done = false;
  std::thread client([&] {
    answer = ask("/containerLogs/default/web/main?follow=true", &apiServer_);
    done = true;
  });
  for (int i = 0; i < 50; ++i) node_.settle();
  node_.runtime().exit("main", 0);
  while (!done) {
    node_.advance(1s);
    std::this_thread::yield();
  }
  client.join();
  EXPECT_NE(answer.find("hello\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("0\r\n\r\n"));
}

TEST_F(Server, WhatItDoesNotHaveIsRefusedInWords) {
  node_.put(podNamed("web"));
  std::string previous = get("/containerLogs/default/web/main?previous=true", &apiServer_);
  EXPECT_EQ(statusLine(previous), "HTTP/1.1 400 Bad Request");
  EXPECT_NE(previous.find("previous terminated container \"main\" in pod \"web\" not found"), std::string::npos);
  EXPECT_NE(get("/exec/default/web/main?command=ls&output=1", &apiServer_).find("Upgrade request required"),
            std::string::npos);
  EXPECT_EQ(statusLine(get("/metrics", &apiServer_)), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(statusLine(get("/" + std::string(60000, 'a'), &apiServer_)), "");
}

}  // namespace
}  // namespace cleat::agent::test
