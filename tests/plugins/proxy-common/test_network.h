// A node with pods and a world outside, made of network namespaces, in which a proxy's rules meet real packets:
//
//   world (192.0.2.9) ── 192.0.2.1 [the test's own thread: the node] 10.244.0.1 ── a bridge ── pods (10.244.0.N)
//   2001:db8::9          2001:db8::1                           fd00:10:244::1             fd00:10:244::N
//
// The thread that makes it enters a new namespace, the node's, and so do the programs it starts. Nothing of it has a
// name outside of this process, so nothing can be left behind, whatever becomes of the test.
#pragma once

#include <cleat/sdk/file.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace cleat::proxy::test {

// A namespace, and servers in it.
class Place {
 public:
  Place(std::string name, std::string address);
  Place(Place&&) = delete;
  ~Place();

  // Answers on a port with "NAME saw CLIENT'S ADDRESS", over both TCP and UDP.
  void serve(uint16_t port);
  // No more on any.
  void stopServing();

  const std::string& name() const { return name_; }
  const std::string& address() const { return address_; }
  // Runs it in the namespace; sockets that it makes stay there.
  void inside(const std::function<void()>& work) const;
  void run(std::vector<std::string> argv) const;
  std::string path() const;

 private:
  struct Server;
  std::string name_, address_;
  Fd ns_;
  std::vector<std::unique_ptr<Server>> servers_;
};

// A socket that asks one address and keeps its own port, as a resolver does.
class Client {
 public:
  Client(const test::Place& from, int type, const std::string& address, uint16_t port);
  // What came back, or "refused", "unreachable" or "nothing" (within a quarter of a second; of IPv6 a little more).
  std::string ask();

 private:
  Fd socket_;
  int error_ = 0;
  bool datagrams_, ipv6_;
};

class TestNetwork {
 public:
  // Why it cannot be made here; empty when it can.
  static std::string missing();
  TestNetwork();

  test::Place& node() { return *node_; }
  test::Place& world() { return *world_; }
  test::Place& pod(const std::string& name, const std::string& address);

  // Asks over a connection of its own.
  static std::string tcp(const test::Place& from, const std::string& address, uint16_t port);
  static std::string udp(const test::Place& from, const std::string& address, uint16_t port);

  // What a program on the node prints; fails the test when it fails.
  static std::string output(std::vector<std::string> argv);

 private:
  std::unique_ptr<Place> node_, world_;
  std::vector<std::unique_ptr<Place>> pods_;
};

}  // namespace cleat::proxy::test
