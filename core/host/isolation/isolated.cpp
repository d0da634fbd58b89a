#include "core/host/isolation/isolated.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "core/base/asio_executor.h"
#include "core/base/manual_time.h"
#include "core/base/memory.h"
#include "core/host/in_process_link.h"
#include "core/host/isolation/confinement.h"
#include "core/host/isolation/frame_socket.h"
#include "core/host/isolation/sandbox.h"
#include "core/host/loading/library.h"

namespace cleat::host {
namespace {

constexpr auto kStopLimit = std::chrono::seconds(10);
constexpr uint64_t kNoLimit = UINT64_MAX;  // of frames from the host, which is trusted

// What the plugin says goes to the host in frames.
class Forwarder final : public LinkUser {
 public:
  Forwarder(base::Executor& executor, FrameSocket& socket) : executor_(&executor), socket_(socket) {}

  void pluginReady(int32_t status, std::string message) override {
    socket_.send(
        encodeFrame({.type = FrameType::ready, .remainingNs = busyNs(), .status = status}, std::string_view(message)));
  }
  void pluginGone(std::string) override {}
  void pluginLogs(int32_t level, std::string_view text) override {
    socket_.send(encodeFrame({.type = FrameType::log, .status = level}, text.substr(0, 8192)));
  }
  void pluginCalls(uint64_t request, MethodId method, int64_t deadlineNs, const cleat_payload* params,
                   gate::StreamEnd stream) override {
    int64_t left = deadlineNs > 0 ? std::max<int64_t>(deadlineNs - executor_->now(), 1) : 0;
    FrameWords frame = encodeFrame({.type = FrameType::request,
                                    .id = request,
                                    .interfaceId = method.interfaceId,
                                    .remainingNs = left,
                                    .method = method.ordinal},
                                   params);
    if (!frame.empty()) {
      socket_.send(std::move(frame), std::move(stream));
    } else if (auto link = link_.lock()) {
      link->reply(request, outcomeOf(Status::tooLarge("the call is larger than 64 MiB")));
    }
  }
  void pluginCancels(uint64_t request) override {
    socket_.send(encodeFrame({.type = FrameType::cancelRequest, .id = request}));
  }
  void pluginReplies(uint64_t call, int32_t status, const cleat_payload* results) override {
    FrameFields fields{.type = FrameType::answer, .id = call, .remainingNs = busyNs(), .status = status};
    FrameWords frame = encodeFrame(fields, results);
    if (frame.empty()) {
      fields.status = CLEAT_FAILED;
      frame = encodeFrame(fields, Payload{encodeStatus(Status::tooLarge("the answer is larger than 64 MiB")), {}});
    }
    socket_.send(std::move(frame));
  }

  // Before the plugin is started.
  void setLink(std::weak_ptr<InProcessLink> link, base::Executor& executor) {
    link_ = std::move(link);
    executor_ = &executor;
  }
  void pluginConfined(std::string_view lacks) override {
    socket_.send(encodeFrame({.type = FrameType::confined}, lacks));
  }
  void pluginStuck(std::string_view what, int64_t nanoseconds, bool returned) override {
    socket_.send(encodeFrame({.type = FrameType::stuck, .remainingNs = nanoseconds, .status = returned}, what));
  }
  void delivered(uint64_t request) {
    socket_.send(encodeFrame({.type = FrameType::delivered, .id = request, .remainingNs = busyNs()}));
  }
  base::Counter& busy() { return busy_; }

 private:
  int64_t busyNs() const { return static_cast<int64_t>(busy_.value()); }

  base::Executor* executor_;
  FrameSocket& socket_;
  base::Counter busy_;
  std::weak_ptr<InProcessLink> link_;
};

// Takes the host's frames to the plugin. The executor is the last to go: the link uses it.
class Child {
 public:
  Child(const IsolatedArguments& arguments, bool strict, std::string lacks)
      : file_(arguments.plugin), strict_(strict), lacks_(std::move(lacks)), wakeFd_(eventfd(0, EFD_CLOEXEC)),
        executor_({.threads = 2, .blockingThreads = 8}),
        socket_(arguments.socketFd, kNoLimit, FrameSocket::Side::plugin),
        forwarder_(std::make_shared<Forwarder>(executor_, socket_)) {
    watchdog_ = std::make_shared<Watchdog>(executor_, std::chrono::milliseconds(arguments.callbackMs),
                                           [this](const Watchdog::Report& report) {
                                             forwarder_->pluginStuck(report.what, report.nanoseconds, report.returned);
                                           });
  }

  int run(int signals) {
    socket_.start([this](const ReceivedFrame& frame) { received(frame); }, [this](std::string) { finish(); });
    pollfd polled[2] = {{signals, POLLIN, 0}, {wakeFd_, POLLIN, 0}};
    while (poll(polled, 2, -1) < 0) {
    }
    std::shared_ptr<InProcessLink> link;
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      link = link_;
    }
    if (link) {
      auto stopped = std::make_shared<std::atomic<bool>>(false);
      int wakeFd = wakeFd_;
      link->stop([stopped, wakeFd] {
        *stopped = true;
        eventfd_write(wakeFd, 1);
      });
      waitFor(*stopped);
    }
    return 0;
  }

 private:
  void waitFor(std::atomic<bool>& flag) {
    int64_t end = executor_.now() + std::chrono::nanoseconds(kStopLimit).count();
    while (!flag) {
      int64_t left = (end - executor_.now()) / 1'000'000;
      pollfd polled = {wakeFd_, POLLIN, 0};
      if (left <= 0 || poll(&polled, 1, static_cast<int>(left)) < 0) return;
      eventfd_t count;
      if (polled.revents) eventfd_read(wakeFd_, &count);
    }
  }

  void finish() { eventfd_write(wakeFd_, 1); }

  void received(const ReceivedFrame& frame) {
    const FrameHeader& header = frame.header;
    if (header.type == FrameType::start) {
      if (header.id != 0) {
        moved_.emplace(executor_, header.remainingNs, static_cast<int64_t>(header.interfaceId));
        time_ = &*moved_;
      }
      return load(takeTrusted(frame).message);
    }
    if (header.type == FrameType::clock) return setClock(header);
    if (header.type == FrameType::stop) return finish();
    if (!link_) return;
    switch (header.type) {
      case FrameType::call: {
        LinkCall call{header.id,
                      {header.interfaceId, header.method},
                      laterBy(time_->now(), header.remainingNs),
                      takeTrusted(frame),
                      std::nullopt,
                      frame.stream};
        if (!concurrent_) return link_->call(std::move(call));
        // Not on this thread: a call that takes long must not hold up the socket.
        return time_->post([link = link_, call = std::move(call)]() mutable { link->call(std::move(call)); });
      }
      case FrameType::cancelCall: return link_->cancelCall(header.id);
      case FrameType::reply:
        return link_->reply(header.id, {static_cast<cleat_status>(header.status), takeTrusted(frame)});
      case FrameType::changes:
        return link_->changes(header.id, takeTrustedChanges(frame),
                              [this, id = header.id] { forwarder_->delivered(id); });
      default: return;
    }
  }

  void setClock(const FrameHeader& header) {
    if (!moved_) return;
    moved_->set(header.remainingNs);
    moved_->fire();
    moved_->whenIdle([this, id = header.id] {
      socket_.send(encodeFrame({.type = FrameType::settled, .id = id, .remainingNs = moved_->nextTimer()}));
    });
  }

  void load(Ref<const Message> config) {
    forwarder_->pluginConfined(lacks_);
    if (strict_ && !lacks_.empty()) {
      return forwarder_->pluginReady(CLEAT_FAILED, "plugins.isolation_required: here it would run without " + lacks_);
    }
    auto manifest = readManifest(file_);
    if (!manifest) return forwarder_->pluginReady(CLEAT_FAILED, manifest.error().message);
    auto plugin = loadLibrary(file_, *manifest);
    if (!plugin) return forwarder_->pluginReady(CLEAT_FAILED, plugin.error().message);
    concurrent_ = manifest->concurrentCalls;
    auto link = std::make_shared<InProcessLink>(*time_, **plugin, *manifest,
                                                watchdog_->watch(manifest->name, forwarder_->busy()));
    link->setUser(forwarder_);
    forwarder_->setLink(link, *time_);
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      link_ = link;
    }
    link->start(std::move(config));
  }

  const std::string file_;
  const bool strict_;
  const std::string lacks_;
  const int wakeFd_;
  base::AsioExecutor executor_;
  std::optional<base::ManualTime> moved_;  // where the server's clock is moved by hand
  base::Executor* time_ = &executor_;      // what the plugin runs on
  FrameSocket socket_;
  std::shared_ptr<Forwarder> forwarder_;
  std::shared_ptr<Watchdog> watchdog_;
  Mutex mutex_;
  bool stopping_ CLEAT_GUARDED_BY(mutex_) = false;
  std::shared_ptr<InProcessLink> link_;  // set by the socket's thread
  bool concurrent_ = false;
};

// The first process of a namespace is spared by its own signals, so that an abort would be none.
void endWithStatus(int signal) { _exit(kKilledBySignal + signal); }

void endOfSignals() {
#ifndef __SANITIZE_ADDRESS__
  for (int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS}) ::signal(signal, endWithStatus);
#endif
}

}  // namespace

int runIsolatedPlugin(const IsolatedArguments& arguments) {
  base::keepMemorySmall(1);
  bool strict = false;
  std::string lacks;
  if (!arguments.confinement.empty()) {
    auto confinement = decodeConfinement(arguments.confinement);
    if (!confinement) {
      std::fprintf(stderr, "cleat host: %s\n", confinement.error().message.c_str());
      return 1;
    }
    strict = confinement->required;
    lacks = joined(enterSandbox(*confinement, arguments.plugin), ", ");
    endOfSignals();
  }
  // Who has become another user has forgotten it.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t stopping;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGTERM);
  sigaddset(&stopping, SIGINT);
  sigprocmask(SIG_BLOCK, &stopping, nullptr);
  signal(SIGPIPE, SIG_IGN);
  int signals = signalfd(-1, &stopping, SFD_CLOEXEC);
  int status;
  {
    // Never destroyed: a thread of the plugin may still run when the process ends.
    auto* child = new Child(arguments, strict, std::move(lacks));
    status = child->run(signals);
  }
  std::fflush(nullptr);
#ifdef __SANITIZE_ADDRESS__
  __lsan_do_leak_check();  // which an ordinary exit would do
#endif
  _exit(status);
}

}  // namespace cleat::host
