#include "tests/plugins/proxy-common/test_network.h"

#include <arpa/inet.h>
#include <cleat/sdk/process.h>
#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>

namespace cleat::proxy::test {
namespace {

constexpr int kPatienceMs = 250;
// A refusal of IPv6 that comes while `connect` is still at work, as it does within one machine, ends only what the
// socket sends the next time (Linux 6.18): after a second.
constexpr int kRefusalMs = 1300;

void must(bool holds, const std::string& doing) {
  if (!holds) throw std::runtime_error(systemError(doing, errno).message);
}

std::string runOrThrow(std::vector<std::string> argv) {
  const std::string what = argv.front() + (argv.size() > 1 ? " " + argv[1] : "");
  auto output = cleat::run(Command{.argv = std::move(argv)});
  if (!output) throw std::runtime_error(output.error().message);
  if (!output->succeeded()) throw std::runtime_error(what + ": " + output->standardError);
  return output->standardOutput;
}

bool isIpv6(const std::string& address) { return address.find(':') != std::string::npos; }

// Where the socket is to be one of both families, an address of IPv4 stands in one of IPv6.
sockaddr_in6 addressOf(const std::string& address, uint16_t port) {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(port);
  const std::string text = isIpv6(address) ? address : "::ffff:" + address;
  must(inet_pton(AF_INET6, text.c_str(), &to.sin6_addr) == 1, "cannot read " + address);
  return to;
}

Fd socketOfBoth(int type) {
  const int off = 0;
  Fd fd(socket(AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  must(fd && setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0, "cannot make a socket");
  return fd;
}

std::string nameOf(int error) {
  if (error == ECONNREFUSED) return "refused";
  if (error == EHOSTUNREACH || error == ENETUNREACH) return "unreachable";
  if (error == EAGAIN || error == ETIMEDOUT || error == EINPROGRESS) return "nothing";
  return systemError("failed", error).message;
}

}  // namespace

struct Place::Server {
  std::string name;
  Fd listener, datagrams, end{eventfd(0, EFD_CLOEXEC)};
  std::thread thread;

  ~Server() {
    uint64_t one = 1;
    (void)!::write(end.get(), &one, sizeof one);
    thread.join();
  }

  void open(uint16_t port) {
    const int on = 1;
    sockaddr_in6 any = addressOf("::", port);
    listener = socketOfBoth(SOCK_STREAM);
    datagrams = socketOfBoth(SOCK_DGRAM);
    setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    for (int fd : {listener.get(), datagrams.get()})
      must(bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any) == 0, "cannot bind a server");
    must(::listen(listener.get(), 256) == 0, "cannot listen");
    thread = std::thread([this] { answer(); });
  }

  std::string answerTo(const sockaddr_in6& from) const {
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof text);
    constexpr std::string_view kMapped = "::ffff:";
    const std::string_view seen = text;
    return name + " saw " + std::string(seen.substr(seen.starts_with(kMapped) ? kMapped.size() : 0));
  }

  void answer() {
    std::array<pollfd, 3> waits = {
        pollfd{end.get(), POLLIN, 0}, {listener.get(), POLLIN, 0}, {datagrams.get(), POLLIN, 0}};
    while (poll(waits.data(), waits.size(), -1) >= 0 && waits[0].revents == 0) {
      sockaddr_in6 from{};
      socklen_t size = sizeof from;
      if (waits[1].revents != 0) {
        Fd client(accept4(listener.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC));
        const std::string text = answerTo(from);
        if (client) (void)!send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
      }
      if (waits[2].revents != 0) {
        std::array<char, 64> question;
        size = sizeof from;
        if (recvfrom(datagrams.get(), question.data(), question.size(), 0, reinterpret_cast<sockaddr*>(&from), &size) <
            0)
          continue;
        const std::string text = answerTo(from);
        sendto(datagrams.get(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&from), sizeof from);
      }
    }
  }
};

Place::Place(std::string name, std::string address) : name_(std::move(name)), address_(std::move(address)) {
  int error = 0;
  std::thread([&] {
    if (unshare(CLONE_NEWNET) != 0)
      error = errno;
    else
      ns_ = Fd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  }).join();
  errno = error;
  must(static_cast<bool>(ns_), "cannot make a network namespace");
  run({"/usr/sbin/ip", "link", "set", "lo", "up"});
  // A link's own address would take a second or two, before which a node asks for nobody's neighbour; and of refusals
  // the kernel sends one a second.
  for (const char* setting : {"conf/all/accept_dad", "conf/default/accept_dad", "icmp/ratelimit"})
    run({"/bin/sh", "-c", concat("echo 0 > /proc/sys/net/ipv6/", setting)});
}

Place::~Place() = default;

std::string Place::path() const { return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(ns_.get()); }

void Place::inside(const std::function<void()>& work) const {
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      must(setns(ns_.get(), CLONE_NEWNET) == 0, "cannot enter a network namespace");
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
}

void Place::run(std::vector<std::string> argv) const {
  argv.insert(argv.begin(), {"/usr/bin/nsenter", "--net=" + path()});
  runOrThrow(std::move(argv));
}

void Place::serve(uint16_t port) {
  auto server = std::make_unique<Server>();
  server->name = name_;
  inside([&] { server->open(port); });
  servers_.push_back(std::move(server));
}

void Place::stopServing() { servers_.clear(); }

Client::Client(const test::Place& from, int type, const std::string& address, uint16_t port)
    : datagrams_(type == SOCK_DGRAM), ipv6_(isIpv6(address)) {
  from.inside([&] {
    socket_ = socketOfBoth(type);
    sockaddr_in6 to = addressOf(address, port);
    if (connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) error_ = errno;
  });
}

std::string Client::ask() {
  pollfd wait{socket_.get(), POLLOUT, 0};
  if (error_ == EINPROGRESS) {
    if (poll(&wait, 1, ipv6_ ? kRefusalMs : kPatienceMs) == 0) return "nothing";
    socklen_t size = sizeof error_;
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error_, &size);
  }
  if (error_ != 0) return nameOf(error_);
  if (datagrams_ && send(socket_.get(), "?", 1, 0) < 0 && send(socket_.get(), "?", 1, 0) < 0) return nameOf(errno);
  wait = {socket_.get(), POLLIN, 0};
  if (poll(&wait, 1, kPatienceMs) == 0) return "nothing";
  std::array<char, 256> answer;
  ssize_t got = recv(socket_.get(), answer.data(), answer.size(), 0);
  return got < 0 ? nameOf(errno) : std::string(answer.data(), static_cast<size_t>(got));
}

std::string TestNetwork::missing() {
  if (geteuid() != 0) return "needs root";
  for (const char* program :
       {"/usr/sbin/iptables", "/usr/sbin/ip6tables", "/usr/sbin/iptables-restore", "/usr/sbin/ip", "/usr/bin/nsenter"})
    if (access(program, X_OK) != 0) return std::string(program) + " is not installed";
  bool can = false;
  std::thread([&] { can = unshare(CLONE_NEWNET) == 0; }).join();
  return can ? "" : "cannot make a network namespace";
}

TestNetwork::TestNetwork()
    : node_(std::make_unique<Place>("node", "10.244.0.1")), world_(std::make_unique<Place>("world", "192.0.2.9")) {
  Fd node(open(node_->path().c_str(), O_RDONLY | O_CLOEXEC));
  must(setns(node.get(), CLONE_NEWNET) == 0, "cannot enter the node's namespace");
  auto ip = [](std::vector<std::string> words) {
    words.insert(words.begin(), "/usr/sbin/ip");
    runOrThrow(std::move(words));
  };
  ip({"link", "add", "bridge", "type", "bridge"});
  ip({"addr", "add", "10.244.0.1/24", "dev", "bridge"});
  ip({"addr", "add", "fd00:10:244::1/64", "dev", "bridge", "nodad"});
  ip({"link", "set", "bridge", "up"});
  ip({"link", "add", "outside", "type", "veth", "peer", "name", "eth0", "netns", world_->path()});
  ip({"addr", "add", "192.0.2.1/24", "dev", "outside"});
  ip({"addr", "add", "2001:db8::1/64", "dev", "outside", "nodad"});
  ip({"link", "set", "outside", "up"});
  world_->run({"/usr/sbin/ip", "addr", "add", "192.0.2.9/24", "dev", "eth0"});
  world_->run({"/usr/sbin/ip", "addr", "add", "2001:db8::9/64", "dev", "eth0", "nodad"});
  world_->run({"/usr/sbin/ip", "link", "set", "eth0", "up"});
  // Everything else is behind the node, and for the node behind the world, where nobody has it.
  world_->run({"/usr/sbin/ip", "route", "add", "default", "via", "192.0.2.1"});
  world_->run({"/bin/sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward"});
  ip({"route", "add", "default", "via", "192.0.2.9"});
  world_->run({"/usr/sbin/ip", "route", "add", "default", "via", "2001:db8::1"});
  ip({"route", "add", "default", "via", "2001:db8::9"});
}

Place& TestNetwork::pod(const std::string& name, const std::string& address) {
  auto made = std::make_unique<Place>(name, address);
  const std::string link = "veth" + std::to_string(pods_.size());
  runOrThrow({"/usr/sbin/ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", made->path()});
  runOrThrow({"/usr/sbin/ip", "link", "set", link, "master", "bridge", "up"});
  runOrThrow({"/usr/sbin/ip", "link", "set", link, "type", "bridge_slave", "hairpin", "on"});
  const bool ipv6 = isIpv6(address);
  std::vector<std::string> give = {"/usr/sbin/ip", "addr", "add", address + (ipv6 ? "/64" : "/24"), "dev", "eth0"};
  if (ipv6) give.emplace_back("nodad");
  made->run(std::move(give));
  made->run({"/usr/sbin/ip", "link", "set", "eth0", "up"});
  made->run({"/usr/sbin/ip", "route", "add", "default", "via", ipv6 ? "fd00:10:244::1" : "10.244.0.1"});
  pods_.push_back(std::move(made));
  return *pods_.back();
}

std::string TestNetwork::tcp(const test::Place& from, const std::string& address, uint16_t port) {
  return Client(from, SOCK_STREAM, address, port).ask();
}
std::string TestNetwork::udp(const test::Place& from, const std::string& address, uint16_t port) {
  return Client(from, SOCK_DGRAM, address, port).ask();
}
std::string TestNetwork::output(std::vector<std::string> argv) { return runOrThrow(std::move(argv)); }

}  // namespace cleat::proxy::test
