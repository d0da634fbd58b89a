#include "core/host/isolation/child_link.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <unordered_map>

#include "core/host/isolation/busy_time.h"
#include "core/host/isolation/cgroup.h"
#include "core/host/isolation/clock_rounds.h"
#include "core/host/isolation/frame_socket.h"
#include "core/host/isolation/isolated.h"
#include "core/host/isolation/patience.h"
#include "core/host/isolation/spawn.h"

namespace cleat::host {
namespace {

// A child that says more than this is made to wait: what it says costs the server's time as well.
constexpr uint64_t kFramesPerTick = 2'000;
constexpr int64_t kTickNs = 20'000'000;
// One that has been made to wait so many times in a row floods.
constexpr uint64_t kFloodTicks = 25;

// So often its control group is asked what it has refused.
constexpr auto kLimitsApart = std::chrono::seconds(5);

std::string signalText(int signal) {
  return concat("its process was killed by signal ", signal, " (", strsignal(signal), ")");
}

// The first process of a namespace cannot be killed by its own signals, and ends with a status that says which it was.
std::string howItEnded(int status, bool confined) {
  if (WIFSIGNALED(status)) return signalText(WTERMSIG(status));
  const int code = WEXITSTATUS(status);
  if (confined && code > kKilledBySignal && code < kKilledBySignal + NSIG) return signalText(code - kKilledBySignal);
  return concat("its process ended with status ", code);
}

class ChildLink final : public Link, public std::enable_shared_from_this<ChildLink> {
 public:
  ChildLink(base::Executor& executor, ChildOptions options, std::shared_ptr<LinkUser> user)
      : executor_(executor), options_(std::move(options)), user_(std::move(user)) {}

  void start(Ref<const Message> config) override {
    // On the executor: the child is told to die with the thread that started it, so that has to be one that stays.
    executor_.post([self = shared_from_this(), config] { self->startHere(config); });
  }

  void call(LinkCall call) override {
    FrameWords frame = encodeFrame({.type = FrameType::call,
                                    .id = call.call,
                                    .interfaceId = call.method.interfaceId,
                                    .remainingNs = call.deadlineNs - executor_.now(),
                                    .method = call.method.ordinal},
                                   call.payload);
    const std::shared_ptr<FrameSocket> socket = socketNow();
    if (!socket) return;
    traffic_.fetch_add(1, std::memory_order_relaxed);
    if (!patience_.waits() || !socket->beginReading()) {
      socket->send(std::move(frame), std::move(call.stream));
      return;
    }
    // Unless it asks something before it answers: that takes as long as others need, and perhaps this thread.
    const uint64_t id = call.call;
    awaited_.store(id, std::memory_order_relaxed);
    const auto enough = [this, id] { return awaited_.load(std::memory_order_relaxed) != id; };
    patience_.note(socket->sendAndRead(std::move(frame), std::move(call.stream), kPatience, enough));
  }

  void cancelCall(uint64_t call) override { send(encodeFrame({.type = FrameType::cancelCall, .id = call})); }

  void reply(uint64_t request, Outcome outcome) override {
    {
      MutexLock lock(mutex_);
      delivered_.erase(request);
    }
    send(encodeFrame({.type = FrameType::reply, .id = request, .status = outcome.status}, outcome.payload));
  }

  void changes(uint64_t request, std::vector<LinkChange> changes, base::Work delivered) override {
    {
      MutexLock lock(mutex_);
      delivered_[request] = std::move(delivered);
    }
    send(encodeFrame({.type = FrameType::changes, .id = request}, changes));
  }

  void stop(base::Work stopped) override {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      if (socket_) {
        whenStopped_ = std::move(stopped);
        stopped = nullptr;
      }
    }
    if (stopped)
      return executor_.post([self = shared_from_this(), stopped = std::move(stopped)]() mutable {
        self->user_ = nullptr;
        stopped();
      });
    send(encodeFrame({.type = FrameType::stop}));
  }

  bool kill() override {
    MutexLock lock(mutex_);
    return pid_ > 0 && ::kill(pid_, SIGKILL) == 0;
  }

  std::optional<int> processId() const override {
    MutexLock lock(mutex_);
    return pid_ > 0 ? std::optional<int>(pid_) : std::nullopt;
  }

  void setClock(std::function<void(AtRest)> atRest) override {
    const std::shared_ptr<FrameSocket> socket = socketNow();
    if (!socket) return atRest({});
    const uint64_t round = clockRounds_.begin(std::move(atRest));
    // One that has ended meanwhile may have done so before it could be waited for.
    if (!socket->send(encodeFrame(clockFrame(round)))) clockRounds_.end(round, {});
  }

 private:
  bool isMoved() const { return &executor_.machine() != &executor_; }
  FrameFields clockFrame(uint64_t id) const {
    return {.type = FrameType::clock,
            .id = id,
            .interfaceId = static_cast<uint64_t>(executor_.wallNow()),
            .remainingNs = executor_.now()};
  }

  void startHere(const Ref<const Message>& config) {
    pid_t pid = 0;
    std::shared_ptr<LinkUser> user;
    std::shared_ptr<FrameSocket> socket;
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      user = user_;
      pid = makeProcess(socket);
      if (pid > 0) {
        pid_ = pid;
        socket_ = socket;
      } else {
        // The user holds the link: they must not keep each other.
        user_ = nullptr;
      }
    }
    if (pid < 0) return user->pluginGone(concat(options_.program, " cannot be started: ", std::strerror(-pid)));
    if (options_.confinement) watchLimits(user);
    socket->start([self = shared_from_this()](const ReceivedFrame& frame) { self->received(frame); },
                  [self = shared_from_this()](std::string why) { self->closed(std::move(why)); });
    FrameFields fields = clockFrame(isMoved() ? 1 : 0);
    fields.type = FrameType::start;
    send(encodeFrame(fields, Payload{config, {}}));
  }

  // The process, with our end of its socket, or an errno.
  pid_t makeProcess(std::shared_ptr<FrameSocket>& socket) CLEAT_REQUIRES(mutex_) {
    int ends[2], output[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -errno;
    ChildProcess child{options_.program, options_.file};
    child.socket = ends[1];
    child.callbackMs =
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(options_.callbackLimit).count());
    child.confinement = options_.confinement;
    if (child.confinement && pipe2(output, O_CLOEXEC) == 0) child.output = output[1];
    if (child.confinement) prepare(child);
    const pid_t pid = spawnChild(child);
    ::close(ends[1]);
    if (output[1] >= 0) ::close(output[1]);
    if (cgroup_) cgroup_->forgetEntrances();
    if (pid <= 0) {
      ::close(ends[0]);
      if (output[0] >= 0) ::close(output[0]);
      return pid;
    }
    socket = std::make_shared<FrameSocket>(ends[0], kMostWordsFromChild, FrameSocket::Side::server);
    if (output[0] >= 0) {
      socket->listenTo(
          PrintedLines(output[0], [user = user_](std::string_view line) { user->pluginLogs(CLEAT_LOG_INFO, line); }));
    }
    return pid;
  }

  void prepare(ChildProcess& child) CLEAT_REQUIRES(mutex_) {
    Confinement& confinement = *child.confinement;
    if (geteuid() == 0) {
      confinement.uid = ownUid(confinement.stateFolder);
      if (!confinement.uid) confinement.lacks.push_back(concat("a user of its own (", std::strerror(errno), ")"));
    } else {
      confinement.lacks.push_back("a user of its own (the server is not root)");
    }
    cgroup_ = std::make_unique<PluginCgroup>(options_.plugin, confinement);
    child.entrances = cgroup_->entrances();
  }

  std::shared_ptr<FrameSocket> socketNow() const {
    MutexLock lock(mutex_);
    return socket_;
  }

  void send(FrameWords frame) {
    const std::shared_ptr<FrameSocket> socket = socketNow();
    traffic_.fetch_add(1, std::memory_order_relaxed);
    // When it fails, `closed` says so to those who wait.
    if (socket) socket->send(std::move(frame));
  }

  void received(const ReceivedFrame& frame) {
    const FrameHeader& header = frame.header;
    slowDown();
    if (header.type == FrameType::settled) return clockRounds_.end(header.id, {header.remainingNs, traffic_});
    traffic_.fetch_add(1, std::memory_order_relaxed);
    int64_t deadline = deadlineOf(header, executor_.now());
    switch (header.type) {
      case FrameType::ready: noteBusy(header); return user_->pluginReady(header.status, std::string(frame.text));
      case FrameType::confined: return user_->pluginConfined(frame.text);
      case FrameType::stuck: return user_->pluginStuck(frame.text, header.remainingNs, header.status != 0);
      case FrameType::log: return user_->pluginLogs(header.status, frame.text);
      case FrameType::request:
        awaited_.store(0, std::memory_order_relaxed);
        return user_->pluginCalls(header.id, {header.interfaceId, header.method}, deadline, &frame.payload,
                                  frame.stream);
      case FrameType::cancelRequest: {
        {
          MutexLock lock(mutex_);
          delivered_.erase(header.id);
        }
        return user_->pluginCancels(header.id);
      }
      case FrameType::answer: {
        noteBusy(header);
        uint64_t id = header.id;
        awaited_.compare_exchange_strong(id, 0, std::memory_order_relaxed);
        return user_->pluginReplies(header.id, header.status, &frame.payload);
      }
      case FrameType::delivered: {
        noteBusy(header);
        base::Work work;
        {
          MutexLock lock(mutex_);
          auto found = delivered_.find(header.id);
          if (found == delivered_.end()) return;
          work = std::move(found->second);
          delivered_.erase(found);
        }
        return work();
      }
      default: break;
    }
    user_->pluginLogs(CLEAT_LOG_WARN, "its process sent a frame of an unknown type");
  }

  void noteBusy(const FrameHeader& header) {
    if (const int64_t more = busy_.saysInAll(header.remainingNs); more > 0) user_->pluginBusy(more);
  }

  // Whoever floods is read no faster than this, and waits in its own process.
  void slowDown() {
    if (++frames_ < kFramesPerTick) return;
    const auto now = std::chrono::steady_clock::now();
    const auto left = std::chrono::nanoseconds(kTickNs) - (now - tick_);
    slowed_ = left.count() > 0 ? slowed_ + 1 : 0;
    if (slowed_ > 0) {
      user_->pluginSlowed(slowed_ % kFloodTicks == 0);
      std::this_thread::sleep_for(left);
    }
    frames_ = 0;
    tick_ = std::chrono::steady_clock::now();
  }

  void watchLimits(const std::weak_ptr<LinkUser>& user) {
    executor_.machine().after(kLimitsApart, [weak = weak_from_this(), user] {
      auto self = weak.lock();
      auto told = user.lock();
      if (self && told && self->tellLimits(*told)) self->watchLimits(user);
    });
  }

  // What its control group has refused it since this was last asked. False: there is none any more.
  bool tellLimits(LinkUser& user) {
    uint64_t kills = 0, refused = 0;
    {
      MutexLock lock(mutex_);
      if (!cgroup_) return false;
      kills = cgroup_->memoryKills() - kills_;
      refused = cgroup_->refusedProcesses() - refused_;
      kills_ += kills;
      refused_ += refused;
    }
    if (kills > 0) {
      user.pluginLimited("memory", kills,
                         concat("the kernel has killed ", kills, " processes of it at its memory_limit of ",
                                options_.confinement->memoryBytes >> 20, " MiB"));
    }
    if (refused > 0) {
      user.pluginLimited("pids", refused,
                         concat("it was refused ", refused, " processes or threads beyond its pids_limit of ",
                                options_.confinement->processes));
    }
    return true;
  }

  // On the socket's thread, the last thing that it does. A child that has closed its socket is of no more use.
  void closed(std::string why) {
    int status = 0;
    {
      MutexLock lock(mutex_);
      ::kill(pid_, SIGKILL);
      while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
      pid_ = 0;
    }
    bool inOrder = why.empty() && status == 0;
    if (why.empty()) why = howItEnded(status, options_.confinement.has_value());
    tellLimits(*user_);
    {
      MutexLock lock(mutex_);
      if (kills_ > 0) {
        why += concat(": it had used up its memory_limit of ", options_.confinement->memoryBytes >> 20, " MiB");
        inOrder = false;
      }
      cgroup_.reset();
    }
    executor_.post([self = shared_from_this(), why = std::move(why), inOrder]() mutable {
      self->finish(std::move(why), inOrder);
    });
  }

  void finish(std::string why, bool inOrder) {
    std::shared_ptr<FrameSocket> socket;
    std::unordered_map<uint64_t, base::Work> dropped;
    base::Work stopped;
    bool asked;
    {
      MutexLock lock(mutex_);
      socket = std::move(socket_);
      dropped.swap(delivered_);
      stopped = std::move(whenStopped_);
      asked = stopping_;
    }
    socket.reset();  // joins its thread
    clockRounds_.endAll({INT64_MAX, traffic_});
    auto user = std::move(user_);
    if (!asked) {
      user->pluginGone(std::move(why));
    } else if (!inOrder) {
      user->pluginLogs(CLEAT_LOG_WARN, concat("it did not end in order: ", why));
    }
    if (stopped) stopped();
  }

  base::Executor& executor_;
  const ChildOptions options_;
  std::shared_ptr<LinkUser> user_;
  Patience patience_;
  std::atomic<uint64_t> awaited_ = 0;  // the call whose caller reads for itself
  std::atomic<uint64_t> traffic_ = 0;  // AtRest::frames
  ClockRounds clockRounds_;
  // Of whoever reads.
  BusyTime busy_;
  uint64_t frames_ = 0, slowed_ = 0;  // since the last tick; ticks in a row in which it had to wait
  std::chrono::steady_clock::time_point tick_;
  mutable Mutex mutex_;
  std::shared_ptr<FrameSocket> socket_ CLEAT_GUARDED_BY(mutex_);
  pid_t pid_ CLEAT_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<PluginCgroup> cgroup_ CLEAT_GUARDED_BY(mutex_);
  uint64_t kills_ CLEAT_GUARDED_BY(mutex_) = 0, refused_ CLEAT_GUARDED_BY(mutex_) = 0;  // as far as they have been told
  bool stopping_ CLEAT_GUARDED_BY(mutex_) = false;
  base::Work whenStopped_ CLEAT_GUARDED_BY(mutex_);
  // By request: what to do when it has taken its changes.
  std::unordered_map<uint64_t, base::Work> delivered_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<Link> makeChildLink(base::Executor& executor, ChildOptions options, std::shared_ptr<LinkUser> user) {
  return std::make_shared<ChildLink>(executor, std::move(options), std::move(user));
}

}  // namespace cleat::host
