#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

extern char** environ;

namespace cleat {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

// posix_spawn's lists, freed with the object.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

// Above every number that a child is given, so that moving one descriptor never overwrites another's source.
constexpr int kParkingFrom = 64;

Result<std::vector<Fd>> planDescriptors(SpawnPlan& plan, const Command& command) {
  std::vector<Fd> parked;
  int highest = 2;
  bool given[3] = {false, false, false};
  for (auto [number, fd] : command.descriptors) {
    Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, kParkingFrom));
    if (!copy) return fail(systemError("cannot duplicate a descriptor for " + command.argv[0], errno));
    posix_spawn_file_actions_adddup2(&plan.actions, copy.get(), number);
    parked.push_back(std::move(copy));
    highest = std::max(highest, number);
    if (number < 3) given[number] = true;
  }
  for (int number = 0; number < 3; ++number)
    if (!given[number]) posix_spawn_file_actions_addopen(&plan.actions, number, "/dev/null", O_RDWR, 0);
  // A gap below the highest number would let one of ours through.
  for (int number = 3; number < highest; ++number) {
    bool named = std::any_of(command.descriptors.begin(), command.descriptors.end(),
                             [&](const auto& pair) { return pair.first == number; });
    if (!named) posix_spawn_file_actions_addclose(&plan.actions, number);
  }
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, highest + 1);
  return parked;
}

void planAttributes(SpawnPlan& plan, const Command& command) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setsigdefault(&plan.attributes, &all);
  posix_spawnattr_setpgroup(&plan.attributes, 0);
  short group = command.newSession ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
  posix_spawnattr_setflags(&plan.attributes, short(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group));
}

struct Pipe {
  Fd reading, writing;
};

Result<Pipe> makePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(systemError("cannot make a pipe", errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

using SteadyClock = std::chrono::steady_clock;

// Moves bytes between a running child and the Output until its streams are closed and it has ended, or time is up.
class Collector {
 public:
  Collector(pid_t pid, Fd input, Fd standardOutput, Fd standardError, const RunOptions& options)
      : pid_(pid), input_(std::move(input)), streams_{std::move(standardOutput), std::move(standardError)},
        options_(options), deadline_(SteadyClock::now() + std::chrono::milliseconds(options.timeoutMs)) {
    fcntl(input_.get(), F_SETFL, O_NONBLOCK);
    if (options_.input.empty()) input_.reset();
    process_ = Fd(int(syscall(SYS_pidfd_open, pid, 0)));
  }

  Output collect() {
    while (!ended_ || streams_[0] || streams_[1])
      if (!step()) break;
    if (!ended_) {
      output_.timedOut = true;
      kill(-pid_, SIGKILL);
    }
    output_.exitCode = waitForExit(pid_);
    return std::move(output_);
  }

 private:
  // A grandchild may hold the streams open after the child has ended; what it writes is waited for no longer than this.
  static constexpr int kLingerMs = 100;

  bool step() {
    pollfd watched[5] = {{streams_[0].get(), POLLIN, 0},
                         {streams_[1].get(), POLLIN, 0},
                         {input_.get(), POLLOUT, 0},
                         {ended_ ? -1 : process_.get(), POLLIN, 0},
                         {options_.cancelFd, POLLIN, 0}};
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - SteadyClock::now()).count();
    if (ended_) left = std::min<long>(left, kLingerMs);
    if (left <= 0) return false;
    int ready = poll(watched, 5, int(left));
    if (ready == 0) return false;
    if (ready < 0) return errno == EINTR;
    if (watched[4].revents && !ended_) return false;
    if (watched[0].revents) drain(streams_[0], output_.standardOutput);
    if (watched[1].revents) drain(streams_[1], output_.standardError);
    if (watched[2].revents) feed();
    if (watched[3].revents) ended_ = true;
    return true;
  }

  void drain(Fd& stream, std::string& into) {
    char buffer[16384];
    ssize_t count = read(stream.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) {
      stream.reset();
      return;
    }
    size_t room = options_.outputLimit - std::min(options_.outputLimit, into.size());
    into.append(buffer, std::min(room, size_t(count)));
  }

  void feed() {
    ssize_t written = write(input_.get(), options_.input.data() + sent_, options_.input.size() - sent_);
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (written > 0) sent_ += size_t(written);
    if (written <= 0 || sent_ == options_.input.size()) input_.reset();
  }

  pid_t pid_;
  Fd process_, input_;
  Fd streams_[2];
  RunOptions options_;
  SteadyClock::time_point deadline_;
  size_t sent_ = 0;
  bool ended_ = false;
  Output output_;
};

// A write to a child that has ended must fail with EPIPE, not kill this process. The signal is blocked for this thread,
// and one that has come by our own write is taken away again.
class NoBrokenPipeSignal {
 public:
  NoBrokenPipeSignal() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~NoBrokenPipeSignal() {
    if (sigismember(&before_, SIGPIPE)) return;
    timespec none{};
    while (sigtimedwait(&set_, nullptr, &none) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t set_, before_;
};

}  // namespace

Result<pid_t> spawn(const Command& command) {
  SpawnPlan plan;
  // Kept open until the child has them.
  CLEAT_TRY(auto parked, planDescriptors(plan, command));
  planAttributes(plan, command);
  if (!command.folder.empty()) posix_spawn_file_actions_addchdir_np(&plan.actions, command.folder.c_str());
  std::vector<char*> arguments = pointers(command.argv);
  std::vector<char*> environment;
  if (command.environment) environment = pointers(*command.environment);
  pid_t pid = -1;
  int error = posix_spawn(&pid, command.argv[0].c_str(), &plan.actions, &plan.attributes, arguments.data(),
                          command.environment ? environment.data() : environ);
  if (error != 0) return fail(systemError("cannot start " + command.argv[0], error));
  return pid;
}

Result<Output> run(const Command& command, const RunOptions& options) {
  auto input = makePipe();
  auto standardOutput = makePipe();
  auto standardError = makePipe();
  for (auto* made : {&input, &standardOutput, &standardError})
    if (!*made) return fail(made->error());
  Command wired = command;
  wired.descriptors.emplace_back(0, input->reading.get());
  wired.descriptors.emplace_back(1, standardOutput->writing.get());
  wired.descriptors.emplace_back(2, standardError->writing.get());
  CLEAT_TRY(auto pid, spawn(wired));
  input->reading.reset();
  standardOutput->writing.reset();
  standardError->writing.reset();
  NoBrokenPipeSignal guard;
  Collector collector(pid, std::move(input->writing), std::move(standardOutput->reading),
                      std::move(standardError->reading), options);
  return collector.collect();
}

int waitForExit(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace cleat
