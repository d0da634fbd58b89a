#include "streams/frame_connection.h"
#include "streams/stream_sessions.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace cleat::runtime {
namespace {

using std::chrono::milliseconds;

// A process that the command left behind may hold its streams open; after the command's end they are waited for no
// longer than this.
constexpr milliseconds kLinger{1000};
constexpr size_t kInputFull = 256 << 10;
// How often one looks for a command that is to be killed and is not running yet: for half a minute.
constexpr milliseconds kNextLook{20};
constexpr int kMostLooks = 1500;

class ExecSession : public std::enable_shared_from_this<ExecSession> {
 public:
  ExecSession(Reactor& reactor, Fd client, StreamWish wish)
      : reactor_(reactor), connection_(reactor, std::move(client)), wish_(wish) {}

  void start(const ExecRequest& request) {
    auto self = shared_from_this();
    connection_.start(self, {[this](Channel channel, std::string_view bytes) { take(channel, bytes); },
                             [this] { clientGone(); }, [this] { readOutputs(true); }});
    auto exec = ExecProcess::start(request);
    if (!exec) {
      connection_.finish(errorResult(exec.error().message));
      return;
    }
    exec_ = std::move(*exec);
    for (Fd* stream : {&exec_->standardOutput, &exec_->standardError})
      if (*stream) reactor_.watch(stream->get(), EPOLLIN, [self, stream](uint32_t) { self->copyOutput(*stream); });
    reactor_.watch(exec_->process.get(), EPOLLIN, [self](uint32_t) { self->commandEnded(); });
  }

 private:
  void take(Channel channel, std::string_view bytes) {
    if (!exec_) return;
    if (channel == Channel::resize) {
      if (TerminalSize size = parseResize(bytes); size.width > 0) exec_->resize(size.width, size.height);
      return;
    }
    if (channel != Channel::standardInput || !exec_->standardInput) return;
    if (bytes.empty()) inputEnded_ = true;
    input_ += bytes;
    feed();
  }

  void feed() {
    while (!input_.empty() && exec_->standardInput) {
      ssize_t count = write(exec_->standardInput.get(), input_.data(), input_.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) break;
      if (count < 0) {
        closeInput();
        break;
      }
      input_.erase(0, size_t(count));
    }
    // At a terminal the end of the input is not the end of the session.
    if (input_.empty() && inputEnded_ && !wish_.tty) closeInput();
    connection_.hold(input_.size() > kInputFull);
    waitForInputRoom();
  }

  void waitForInputRoom() {
    bool wanted = exec_->standardInput && !input_.empty();
    if (wanted == waitingForRoom_) return;
    waitingForRoom_ = wanted;
    if (!wanted) {
      if (exec_->standardInput) reactor_.forget(exec_->standardInput.get());
      return;
    }
    auto self = shared_from_this();
    reactor_.watch(exec_->standardInput.get(), EPOLLOUT, [self](uint32_t) { self->feed(); });
  }

  void closeInput() {
    if (!exec_->standardInput) return;
    if (waitingForRoom_) reactor_.forget(exec_->standardInput.get());
    waitingForRoom_ = false;
    exec_->standardInput.reset();
    input_.clear();
  }

  void copyOutput(Fd& stream) {
    char buffer[32768];
    ssize_t count = read(stream.get(), buffer, sizeof buffer);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) {
      reactor_.forget(stream.get());
      stream.reset();
      finishIfDone();
      return;
    }
    bool isError = &stream == &exec_->standardError;
    if (isError ? wish_.standardError : wish_.standardOutput)
      connection_.send(isError ? Channel::standardError : Channel::standardOutput, {buffer, size_t(count)});
    if (connection_.full()) readOutputs(false);
  }

  void readOutputs(bool reading) {
    if (!exec_ || reading == reading_) return;
    reading_ = reading;
    for (Fd* stream : {&exec_->standardOutput, &exec_->standardError})
      if (*stream) reactor_.change(stream->get(), reading ? uint32_t(EPOLLIN) : 0u);
  }

  void commandEnded() {
    reactor_.forget(exec_->process.get());
    end_ = exec_->finish();
    ended_ = true;
    auto self = shared_from_this();
    linger_ = reactor_.after(kLinger, [self] { self->closeOutputs(); });
    finishIfDone();
  }

  void closeOutputs() {
    for (Fd* stream : {&exec_->standardOutput, &exec_->standardError}) {
      if (*stream) reactor_.forget(stream->get());
      stream->reset();
    }
    finishIfDone();
  }

  void finishIfDone() {
    if (!ended_ || exec_->standardOutput || exec_->standardError) return;
    reactor_.cancel(linger_);
    closeInput();
    connection_.finish(end_.error.empty() ? exitResult(end_.exitCode) : errorResult(end_.error));
  }

  void clientGone() {
    if (!exec_ || ended_) return;
    closeInput();
    if (wish_.tty) exec_->hangUp();
    readOutputs(true);
  }

  Reactor& reactor_;
  FrameConnection connection_;
  StreamWish wish_;
  std::unique_ptr<ExecProcess> exec_;
  ExecProcess::End end_;
  std::string input_;
  bool inputEnded_ = false, waitingForRoom_ = false, reading_ = true, ended_ = false;
  Reactor::TimerId linger_ = 0;
};

class ExecToEnd : public std::enable_shared_from_this<ExecToEnd> {
 public:
  ExecToEnd(Reactor& reactor, std::function<void(ExecOutcome)> done) : reactor_(reactor), done_(std::move(done)) {}

  void start(const ExecRequest& request, milliseconds timeout) {
    auto exec = ExecProcess::start(request);
    if (!exec) {
      outcome_.error = exec.error().message;
      done_(std::move(outcome_));
      return;
    }
    exec_ = std::move(*exec);
    auto self = shared_from_this();
    reactor_.watch(exec_->standardOutput.get(), EPOLLIN,
                   [self](uint32_t) { self->collect(self->exec_->standardOutput, self->outcome_.standardOutput); });
    reactor_.watch(exec_->standardError.get(), EPOLLIN,
                   [self](uint32_t) { self->collect(self->exec_->standardError, self->outcome_.standardError); });
    reactor_.watch(exec_->process.get(), EPOLLIN, [self](uint32_t) { self->commandEnded(); });
    if (timeout.count() > 0) timer_ = reactor_.after(timeout, [self] { self->timeUp(); });
  }

 private:
  void collect(Fd& stream, std::string& into) {
    char buffer[16384];
    ssize_t count = read(stream.get(), buffer, sizeof buffer);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count > 0) {
      into.append(buffer, std::min(size_t(count), kExecOutputLimit - into.size()));
      return;
    }
    reactor_.forget(stream.get());
    stream.reset();
    finishIfDone();
  }

  void timeUp() {
    outcome_.timedOut = true;
    // The runtime may be about to start it. With the runtime killed by then the command would run on, and nobody would
    // end it.
    if (exec_->killCommand() || ++looks_ == kMostLooks) return exec_->hangUp();
    timer_ = reactor_.after(kNextLook, [self = shared_from_this()] { self->timeUp(); });
  }

  void commandEnded() {
    reactor_.forget(exec_->process.get());
    ExecProcess::End end = exec_->finish();
    outcome_.exitCode = end.exitCode;
    if (!outcome_.timedOut) outcome_.error = end.error;
    ended_ = true;
    reactor_.cancel(timer_);
    auto self = shared_from_this();
    timer_ = reactor_.after(outcome_.timedOut ? milliseconds(0) : kLinger, [self] {
      for (Fd* stream : {&self->exec_->standardOutput, &self->exec_->standardError}) {
        if (*stream) self->reactor_.forget(stream->get());
        stream->reset();
      }
      self->finishIfDone();
    });
    finishIfDone();
  }

  void finishIfDone() {
    if (!ended_ || exec_->standardOutput || exec_->standardError || !done_) return;
    reactor_.cancel(timer_);
    auto done = std::exchange(done_, nullptr);
    done(std::move(outcome_));
  }

  Reactor& reactor_;
  std::function<void(ExecOutcome)> done_;
  std::unique_ptr<ExecProcess> exec_;
  ExecOutcome outcome_;
  bool ended_ = false;
  int looks_ = 0;  // for the command that is to be killed
  Reactor::TimerId timer_ = 0;
};

}  // namespace

void runExecSession(Reactor& reactor, Fd client, ExecRequest request, StreamWish wish) {
  request.tty = wish.tty;
  request.wantsStdin = wish.standardInput;
  std::make_shared<ExecSession>(reactor, std::move(client), wish)->start(request);
}

void runExecToEnd(Reactor& reactor, ExecRequest request, milliseconds timeout, std::function<void(ExecOutcome)> done) {
  request.tty = request.wantsStdin = false;
  std::make_shared<ExecToEnd>(reactor, std::move(done))->start(request, timeout);
}

}  // namespace cleat::runtime
