#include "core/app/control_socket.h"

#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <thread>

#include "core/app/wait.h"

namespace cleat::app {
namespace {

constexpr uint32_t kMaxFrame = 16u << 20;
constexpr int64_t kMostAdvance = INT64_MAX / 4;  // some seventy years, as ManualTime has it
constexpr size_t kHead = sizeof(uint64_t) + sizeof(uint32_t);
// An image may take its time.
constexpr int64_t kCallNs = 900'000'000'000;

bool readFull(int fd, void* out, size_t size) {
  auto* at = static_cast<char*>(out);
  while (size > 0) {
    ssize_t got = ::read(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool writeFull(int fd, const void* in, size_t size) {
  const auto* at = static_cast<const char*>(in);
  while (size > 0) {
    ssize_t put = ::send(fd, at, size, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += put;
    size -= static_cast<size_t>(put);
  }
  return true;
}

bool readFrame(int fd, std::string& frame) {
  uint32_t length = 0;
  if (!readFull(fd, &length, sizeof length) || length > kMaxFrame) return false;
  frame.resize(length);
  return readFull(fd, frame.data(), length);
}

bool writeFrame(int fd, const std::string& frame) {
  uint32_t length = static_cast<uint32_t>(frame.size());
  return writeFull(fd, &length, sizeof length) && writeFull(fd, frame.data(), frame.size());
}

Result<sockaddr_un> addressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(Status::badRequest(path + " is too long for a socket's path: choose a shorter --data-dir"));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

std::string answerFrame(int32_t status, std::string_view content) {
  std::string frame(reinterpret_cast<const char*>(&status), sizeof status);
  frame += content;
  return frame;
}

std::string listPlugins(const host::PluginHost& host, const host::PluginHost* engine) {
  boost::json::array list;
  std::vector<host::PluginHealth> plugins = engine ? engine->health() : std::vector<host::PluginHealth>();
  std::ranges::move(host.health(), std::back_inserter(plugins));
  for (const host::PluginHealth& plugin : plugins) {
    std::string roles;
    for (const std::string& role : plugin.roles) roles += (roles.empty() ? "" : ",") + role;
    list.push_back(boost::json::object{{"name", plugin.name},
                                       {"version", plugin.version},
                                       {"maturity", plugin.maturity},
                                       {"roles", roles},
                                       {"isolated", plugin.isolated},
                                       {"state", plugin.state},
                                       {"message", plugin.message},
                                       {"restarts", plugin.restarts},
                                       {"confined", plugin.confined},
                                       {"lacks", plugin.lacks},
                                       {"process", plugin.processId},
                                       {"residentBytes", plugin.residentBytes},
                                       {"file", plugin.file},
                                       {"grants", plugin.grants}});
  }
  return boost::json::serialize(list);
}

// What a request says; of one that is no object nothing.
boost::json::object fieldsOf(std::string_view text) {
  boost::json::error_code error;
  boost::json::value request = boost::json::parse(text, error);
  return !error && request.is_object() ? std::move(request.get_object()) : boost::json::object();
}

Result<std::string> operate(PluginOperations& operations, HostMethod method, std::string_view text) {
  const boost::json::object fields = fieldsOf(text);
  auto textOf = [&](const char* key) {
    const boost::json::value* value = fields.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  auto said = [&](const char* key) {
    const boost::json::value* value = fields.if_contains(key);
    return value && value->is_bool() && value->get_bool();
  };
  const std::string name = textOf("name"), file = textOf("file");
  const PluginChange change{said("grant"), said("save")};
  if (name.empty() && method != HostMethod::reload) return fail(Status::badRequest("expected {\"name\": …}"));
  if (method == HostMethod::swapPlugin && file.empty()) return fail(Status::badRequest("expected {\"file\": …}"));
  switch (method) {
    case HostMethod::swapPlugin: return operations.swap(name, file, change);
    case HostMethod::loadPlugin: return operations.load(name, file, change);
    case HostMethod::unloadPlugin: return operations.unload(name, change);
    case HostMethod::reload: return operations.reload(change);
    case HostMethod::showGrants: return operations.grantsOf(name, file);
    case HostMethod::listPlugins:
    case HostMethod::moveClock: break;
  }
  return fail(Status::badRequest("unknown request"));
}

Result<std::string> moveClock(TestClock* clock, std::string_view text) {
  if (!clock) return fail(Status::badRequest("the time of this server is the machine's: start it with --manual-clock"));
  const boost::json::object fields = fieldsOf(text);
  const boost::json::value* by = fields.if_contains("advanceNs");
  if (!by || !by->is_int64() || by->get_int64() < 0 || by->get_int64() > kMostAdvance)
    return fail(Status::badRequest("expected {\"advanceNs\": …}"));
  CLEAT_TRY(const int64_t now, clock->advance(std::chrono::nanoseconds(by->get_int64())));
  return formatMicroTime(WallTime(Duration(now)));
}

MethodId hostMethod(HostMethod method) { return {0, static_cast<uint32_t>(method)}; }

std::string answer(host::PluginHost& host, PluginOperations& operations, const host::PluginHost* engine,
                   TestClock* clock, const std::string& frame) {
  MethodId method;
  if (frame.size() < kHead) return answerFrame(CLEAT_FAILED, "malformed request");
  std::memcpy(&method.interfaceId, frame.data(), sizeof method.interfaceId);
  std::memcpy(&method.ordinal, frame.data() + sizeof method.interfaceId, sizeof method.ordinal);
  const std::string_view params = std::string_view(frame).substr(kHead);
  if (method.interfaceId == 0) {
    if (method == hostMethod(HostMethod::listPlugins)) return answerFrame(CLEAT_OK, listPlugins(host, engine));
    Result<std::string> done = method == hostMethod(HostMethod::moveClock)
                                   ? moveClock(clock, params)
                                   : operate(operations, static_cast<HostMethod>(method.ordinal), params);
    if (!done) return answerFrame(CLEAT_FAILED, done.error().message);
    return answerFrame(CLEAT_OK, boost::json::serialize(boost::json::object{{"done", *done}}));
  }
  std::vector<uint64_t> words(params.size() / sizeof(uint64_t));
  if (!words.empty()) std::memcpy(words.data(), params.data(), words.size() * sizeof(uint64_t));
  auto checked = object::Message::checked(words);
  if (!checked) return answerFrame(CLEAT_FAILED, checked.error().message);
  gate::RoleAnswer result = wait(host.callRole({method, *checked, {}, kCallNs}));
  if (result.status != CLEAT_OK) return answerFrame(result.status, result.error->message);
  auto out = result.message->words();
  return answerFrame(CLEAT_OK, {reinterpret_cast<const char*>(out.data()), out.size_bytes()});
}

Result<std::string> ask(const std::string& path, MethodId method, std::string_view params) {
  CLEAT_TRY(sockaddr_un address, addressOf(path));
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return fail(
        Status::unavailable("nothing answers at " + path + ": is cleat running, and is --data-dir the right one?"));
  }
  std::string frame(reinterpret_cast<const char*>(&method.interfaceId), sizeof method.interfaceId);
  frame.append(reinterpret_cast<const char*>(&method.ordinal), sizeof method.ordinal);
  frame += params;
  std::string reply;
  const bool done = writeFrame(fd, frame) && readFrame(fd, reply) && reply.size() >= sizeof(int32_t);
  ::close(fd);
  if (!done) return fail(Status::unavailable("cleat closed the connection without an answer"));
  int32_t status = 0;
  std::memcpy(&status, reply.data(), sizeof status);
  std::string content = reply.substr(sizeof status);
  if (status != CLEAT_OK) return fail(Status::internal(content));
  return content;
}

}  // namespace

struct ControlSocket::State {
  base::AsioExecutor& executor;
  host::PluginHost& host;
  std::string path;
  int listener = -1;
  int wake[2] = {-1, -1};
  std::thread thread;

  PluginOperations& operations;
  const host::PluginHost* engine;
  TestClock* clock;

  State(base::AsioExecutor& e, host::PluginHost& h, std::string p, PluginOperations& o, const host::PluginHost* s,
        TestClock* c)
      : executor(e), host(h), path(std::move(p)), operations(o), engine(s), clock(c) {}

  // Operators' commands are rare: one thread that sleeps in the kernel takes them, one after the other.
  void run() {
    while (true) {
      pollfd wait[2] = {{listener, POLLIN, 0}, {wake[0], POLLIN, 0}};
      if (::poll(wait, 2, -1) < 0 && errno != EINTR) return;
      if (wait[1].revents != 0) return;
      if ((wait[0].revents & POLLIN) == 0) continue;
      int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      // Whoever asks and does not go on, in either direction, holds up the others no longer than this.
      timeval limit{10, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
      std::string frame;
      if (readFrame(fd, frame)) writeFrame(fd, answer(host, operations, engine, clock, frame));
      ::close(fd);
    }
  }
};

ControlSocket::ControlSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(base::AsioExecutor& executor, host::PluginHost& host,
                                                           const std::string& path, PluginOperations& operations,
                                                           const host::PluginHost* engine, TestClock* clock) {
  CLEAT_TRY(sockaddr_un address, addressOf(path));
  auto state = std::make_shared<State>(executor, host, path, operations, engine, clock);
  // The data directory is locked by now, so a socket that is there is a dead one's.
  ::unlink(path.c_str());
  state->listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool ready = ::bind(state->listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     ::chmod(path.c_str(), 0600) == 0 && ::listen(state->listener, 16) == 0 &&
                     ::pipe2(state->wake, O_CLOEXEC) == 0;
  if (!ready) return fail(Status::internal("cannot open " + path + ": " + std::strerror(errno)));
  State* raw = state.get();
  state->thread = std::thread([raw] { raw->run(); });
  return std::unique_ptr<ControlSocket>(new ControlSocket(std::move(state)));
}

ControlSocket::~ControlSocket() {
  (void)!::write(state_->wake[1], "x", 1);
  state_->thread.join();
  ::close(state_->listener);
  ::close(state_->wake[0]);
  ::close(state_->wake[1]);
  ::unlink(state_->path.c_str());
}

Result<std::string> askHost(const std::string& path, HostMethod method, const std::string& json) {
  return ask(path, hostMethod(method), json);
}

Result<std::vector<uint64_t>> askRole(const std::string& path, MethodId method, object::Words params) {
  CLEAT_TRY(const std::string answer,
            ask(path, method, {reinterpret_cast<const char*>(params.data()), params.size_bytes()}));
  std::vector<uint64_t> words(answer.size() / sizeof(uint64_t));
  if (!words.empty()) std::memcpy(words.data(), answer.data(), words.size() * sizeof(uint64_t));
  return words;
}

}  // namespace cleat::app
