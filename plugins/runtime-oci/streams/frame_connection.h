// A connected socket that carries frames (stream_frames.h), on a reactor: buffers what cannot be sent at once, and
// tells when the buffer is too full to go on filling it.
//
// Belongs to its session, which handles the callbacks; everything happens on the reactor's thread.
#pragma once

#include "machine/reactor.h"
#include "streams/stream_frames.h"

#include <functional>
#include <memory>
#include <string>

namespace cleat::runtime {

class FrameConnection {
 public:
  struct Events {
    std::function<void(Channel, std::string_view)> frame;
    std::function<void()> gone;     // the other side has closed, or does not speak the protocol
    std::function<void()> drained;  // what was to be sent has been
  };
  FrameConnection(Reactor& reactor, Fd socket) : reactor_(reactor), socket_(std::move(socket)) {}

  // `session`, which owns this, stays alive until `close`; the events need not keep it so.
  void start(std::shared_ptr<void> session, Events events);
  void send(Channel channel, std::string_view bytes);
  bool full() const { return out_.size() - sent_ > kFull; }
  // Stops and resumes taking frames.
  void hold(bool held);
  // Sends the result, the last frame, and closes when it is sent.
  void finish(std::string_view resultJson);
  void close();
  bool open() const { return bool(socket_); }

 private:
  static constexpr size_t kFull = 256 << 10;
  void flush();
  void receive();
  void updateInterest();

  Reactor& reactor_;
  Fd socket_;
  Events events_;
  FrameReader reader_;
  std::string out_;
  size_t sent_ = 0;
  bool held_ = false, finishing_ = false;
};

}  // namespace cleat::runtime
