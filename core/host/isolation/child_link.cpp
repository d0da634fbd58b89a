#include "core/host/isolation/child_link.h"

#include <cleat/sdk/mutex.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "core/host/isolation/frame_socket.h"

extern char** environ;

namespace cleat::host {
namespace {

constexpr int kChildFd = 3;

std::string howItEnded(int status) {
  if (WIFSIGNALED(status)) {
    int signal = WTERMSIG(status);
    return "its process was killed by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  }
  return "its process ended with status " + std::to_string(WEXITSTATUS(status));
}

// Starts the program with the socket as descriptor 3 and nothing else of ours but the standard streams. Gives the
// process or, negative, an errno.
pid_t spawnChild(const std::string& program, const std::string& file, int socket) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, kChildFd);
  posix_spawn_file_actions_addclosefrom_np(&actions, kChildFd + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: an interrupt from the terminal is for the host, which stops the child.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> words = {"cleat", "host", "--socket-fd", std::to_string(kChildFd), "--plugin", file};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = -1;
  int error = posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error == 0 ? pid : -error;
}

class ChildLink final : public Link, public std::enable_shared_from_this<ChildLink> {
 public:
  ChildLink(base::Executor& executor, std::string program, std::string file, std::shared_ptr<LinkUser> user)
      : executor_(executor), program_(std::move(program)), file_(std::move(file)), user_(std::move(user)) {}

  void start(Ref<const Message> config) override {
    // On the executor: the child is told to die with the thread that started it, so that has to be one that stays.
    executor_.post([self = shared_from_this(), config] { self->startHere(config); });
  }

  void call(LinkCall call) override {
    send(encodeFrame({.type = FrameType::call,
                      .id = call.call,
                      .interfaceId = call.method.interfaceId,
                      .remainingNs = call.deadlineNs - executor_.now(),
                      .method = call.method.ordinal},
                     call.payload));
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

  void kill() override {
    MutexLock lock(mutex_);
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }

  std::optional<int> processId() const override {
    MutexLock lock(mutex_);
    return pid_ > 0 ? std::optional<int>(pid_) : std::nullopt;
  }

 private:
  void startHere(const Ref<const Message>& config) {
    int ends[2];
    pid_t pid = 0;
    std::shared_ptr<LinkUser> user;
    std::shared_ptr<FrameSocket> socket;
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      user = user_;
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
        pid = spawnChild(program_, file_, ends[1]);
        ::close(ends[1]);
        if (pid > 0) {
          pid_ = pid;
          socket = socket_ = std::make_shared<FrameSocket>(ends[0], kMostWordsFromChild);
        } else {
          ::close(ends[0]);
        }
      } else {
        pid = -errno;
      }
    }
    if (!socket) {
      // The user holds the link: they must not keep each other.
      MutexLock lock(mutex_);
      user_ = nullptr;
    }
    if (!socket) return user->pluginGone(program_ + " cannot be started: " + std::strerror(-pid));
    socket->start([self = shared_from_this()](const ReceivedFrame& frame) { self->received(frame); },
                  [self = shared_from_this()](std::string why) { self->closed(std::move(why)); });
    send(encodeFrame({.type = FrameType::start}, Payload{config, {}}));
  }

  void send(FrameWords frame) {
    std::shared_ptr<FrameSocket> socket;
    {
      MutexLock lock(mutex_);
      socket = socket_;
    }
    // When it fails, `closed` says so to those who wait.
    if (socket) socket->send(std::move(frame));
  }

  void received(const ReceivedFrame& frame) {
    const FrameHeader& header = frame.header;
    int64_t deadline = deadlineOf(header, executor_.now());
    switch (header.type) {
      case FrameType::ready: return user_->pluginReady(header.status, std::string(frame.text));
      case FrameType::log: return user_->pluginLogs(header.status, frame.text);
      case FrameType::request:
        return user_->pluginCalls(header.id, {header.interfaceId, header.method}, deadline, &frame.payload);
      case FrameType::cancelRequest: {
        {
          MutexLock lock(mutex_);
          delivered_.erase(header.id);
        }
        return user_->pluginCancels(header.id);
      }
      case FrameType::answer: return user_->pluginReplies(header.id, header.status, &frame.payload);
      case FrameType::delivered: {
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
    if (why.empty()) why = howItEnded(status);
    executor_.post([self = shared_from_this(), why = std::move(why)]() mutable { self->finish(std::move(why)); });
  }

  void finish(std::string why) {
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
    auto user = std::move(user_);
    if (!asked) user->pluginGone(std::move(why));
    if (stopped) stopped();
  }

  base::Executor& executor_;
  const std::string program_, file_;
  std::shared_ptr<LinkUser> user_;
  mutable Mutex mutex_;
  std::shared_ptr<FrameSocket> socket_ CLEAT_GUARDED_BY(mutex_);
  pid_t pid_ CLEAT_GUARDED_BY(mutex_) = 0;
  bool stopping_ CLEAT_GUARDED_BY(mutex_) = false;
  base::Work whenStopped_ CLEAT_GUARDED_BY(mutex_);
  // By request: what to do when it has taken its changes.
  std::unordered_map<uint64_t, base::Work> delivered_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace

Result<std::shared_ptr<Link>> makeChildLink(base::Executor& executor, const std::string& program,
                                            const std::string& file, std::shared_ptr<LinkUser> user) {
  return std::make_shared<ChildLink>(executor, program, file, std::move(user));
}

}  // namespace cleat::host
