#include "core/http/splice.h"

#include <string>

namespace cleat::http {
namespace {

constexpr size_t kBufferBytes = 16384;
constexpr int kRoundsPerTurn = 64;                 // then the strand does something else
constexpr std::chrono::seconds kAfterFirstEnd{5};  // for what the other side still has to say

class Splice : public std::enable_shared_from_this<Splice> {
 public:
  Splice(base::Executor& executor, std::shared_ptr<base::Strand> strand, std::shared_ptr<ByteStream> a,
         std::shared_ptr<ByteStream> b)
      : executor_(executor), strand_(std::move(strand)), a_(std::move(a)), b_(std::move(b)) {
    forth_.from = back_.to = a_.get();
    forth_.to = back_.from = b_.get();
  }

  Completion<bool> start() {
    Completion<bool> done = done_;
    pump(forth_);
    pump(back_);
    return done;
  }

 private:
  struct Direction {
    ByteStream* from = nullptr;
    ByteStream* to = nullptr;
    std::string buffer;
    size_t filled = 0, sent = 0;
    bool ended = false, finished = false;
  };

  void pump(Direction& way) {
    for (int round = 0; !over_; ++round) {
      if (round == kRoundsPerTurn) {
        strand_->post([self = shared_from_this(), &way] { self->pump(way); });
        return;
      }
      if (way.sent < way.filled) {
        ssize_t size = way.to->writeSome(way.buffer.data() + way.sent, way.filled - way.sent);
        if (size == ByteStream::kAgain)
          return way.to->whenWritable([self = shared_from_this(), &way] { self->pump(way); });
        if (size < 0) return end();
        way.sent += static_cast<size_t>(size);
        continue;
      }
      if (way.ended) return finish(way);
      way.buffer.resize(kBufferBytes);
      way.sent = way.filled = 0;
      ssize_t size = way.from->readSome(way.buffer.data(), way.buffer.size());
      if (size == ByteStream::kAgain)
        return way.from->whenReadable([self = shared_from_this(), &way] { self->pump(way); });
      if (size < 0) return end();
      way.ended = size == ByteStream::kEnd;
      way.filled = static_cast<size_t>(size);
    }
  }

  void finish(Direction& way) {
    way.finished = true;
    way.to->finish();
    if (forth_.finished && back_.finished) return end();
    timer_ = executor_.after(kAfterFirstEnd, [weak = weak_from_this()] {
      auto self = weak.lock();
      if (self) self->strand_->post([self] { self->end(); });
    });
  }

  void end() {
    if (std::exchange(over_, true)) return;
    if (timer_) executor_.cancelTimer(timer_);
    a_->close();
    b_->close();
    Completion<bool> done = done_;
    done.complete(true);
  }

  base::Executor& executor_;
  std::shared_ptr<base::Strand> strand_;
  std::shared_ptr<ByteStream> a_, b_;
  Direction forth_, back_;
  bool over_ = false;
  base::TimerId timer_ = 0;
  Completion<bool> done_;
};

}  // namespace

Completion<bool> splice(base::Executor& executor, std::shared_ptr<base::Strand> strand, std::shared_ptr<ByteStream> a,
                        std::shared_ptr<ByteStream> b) {
  auto splice = std::make_shared<Splice>(executor, std::move(strand), std::move(a), std::move(b));
  return splice->start();
}

}  // namespace cleat::http
