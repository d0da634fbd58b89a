// A container's log, in pieces as they are read: up to the end, or, followed, until the container has ended or the
// client goes. The kernel says when there is more (inotify).
#include <sys/inotify.h>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>

#include "server/log_output.h"
#include "server/log_reader.h"
#include "server/session.h"

namespace cleat::agent {
namespace {

namespace asio = boost::asio;

constexpr size_t kChunk = 64 * 1024;

class LogSession : public std::enable_shared_from_this<LogSession> {
 public:
  LogSession(SessionPtr session, std::shared_ptr<LogOutput> output, LogPlace place, LogOptions options)
      : session_(std::move(session)), output_(std::move(output)), place_(std::move(place)), options_(options),
        reader_(place_.path, options), changes_(session_->socket->executor()) {}

  void begin() {
    if (auto opened = reader_.open(); !opened) return respond(session_, opened.error());
    ended_ = !place_.running;
    if (options_.follow && !ended_) follow();
    auto begun = [self = shared_from_this()](bool sent) { sent ? self->pump() : self->stop(); };
    output_->begin(begun, [self = shared_from_this()] { self->stop(); });
  }

 private:
  void follow() {
    session_->api.onEnd(place_.containerId, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->containerEnded();
    });
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0) return;
    ErrorCode error;
    changes_.assign(fd, error);
    watchFile();
    // The folder tells of a new file with the log's name.
    std::string folder = place_.path.substr(0, place_.path.rfind('/'));
    inotify_add_watch(fd, folder.c_str(), IN_CREATE | IN_MOVED_TO);
  }

  void watchFile() { inotify_add_watch(changes_.native_handle(), place_.path.c_str(), IN_MODIFY); }

  void containerEnded() {
    ended_ = true;
    if (waiting_) pump();
  }

  void pump() {
    waiting_ = false;
    if (stopped_) return;
    bool wasEnded = ended_;
    text_.clear();
    auto got = reader_.read(text_, kChunk);
    if (!text_.empty()) return writeText();
    if (!got || reader_.full() || !options_.follow) return finish();
    if (*got) return pump();  // nothing of it was asked for
    if (reader_.rotated()) {
      if (!reader_.reopen()) return finish();
      watchFile();
      return pump();
    }
    // What it wrote last was there before its end was known.
    if (wasEnded) return finish();
    wait();
  }

  void writeText() {
    output_->write(text_, [self = shared_from_this()](bool sent) { sent ? self->pump() : self->stop(); });
  }

  void wait() {
    waiting_ = true;
    if (reading_ || !changes_.is_open()) return;
    reading_ = true;
    changes_.async_read_some(asio::buffer(events_), [self = shared_from_this()](ErrorCode error, size_t) {
      self->reading_ = false;
      if (!error && self->waiting_) self->pump();
    });
  }

  void finish() {
    if (stopped_) return;
    output_->finish([self = shared_from_this()] { self->stop(); });
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    ErrorCode ignored;
    changes_.close(ignored);
    closeSession(session_);
  }

  SessionPtr session_;
  std::shared_ptr<LogOutput> output_;
  LogPlace place_;
  LogOptions options_;
  LogReader reader_;
  asio::posix::stream_descriptor changes_;
  std::string text_;
  std::array<char, 4096> events_{};
  bool ended_ = false, waiting_ = false, reading_ = false, stopped_ = false;
};

}  // namespace

void serveLog(SessionPtr session) {
  auto asked = parseLogOptions(session->query, WallTime{});
  if (!asked) return respond(session, asked.error());
  auto output = logOutput(session);
  if (!output)
    return respond(session, 403,
                   "the client names no protocol that is served here: binary.k8s.io, base64.binary.k8s.io");
  ContainerAddress address{session->path[1], session->path[2], session->path[3]};
  session->api.findLog(address, asked->previous, [session, output](Result<LogPlace> place) {
    if (!place) return respond(session, place.error());
    auto options = parseLogOptions(session->query, place->now);
    std::make_shared<LogSession>(session, output, std::move(*place), *options)->begin();
  });
}

}  // namespace cleat::agent
