// A SPDY/3.1 connection's server side: the client opens streams, both sides write and end them. Network thread only;
// kept alive by what it waits for, ends when the link does.
//
// Bounded: it stops reading from the client while more than 1 MiB waits to be taken from its streams, and holds at most
// 1,024 streams.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "server/byte_link.h"
#include "server/spdy_frames.h"

namespace cleat::agent {

class SpdyConnection;

class SpdyStream {
 public:
  SpdyStream(std::weak_ptr<SpdyConnection> connection, uint32_t id, SpdyHeaders headers)
      : connection_(std::move(connection)), id_(id), headers_(std::move(headers)) {}

  uint32_t id() const { return id_; }
  std::string_view header(std::string_view name) const { return headerIn(headers_, name); }

  // The next bytes that the client wrote; none when it has ended the stream or the connection is gone. One at a time.
  void read(std::function<void(std::string bytes)> then);
  // `then` is called when they are on their way; false when the connection is gone.
  void write(std::string_view bytes, std::function<void(bool sent)> then);
  // Ends what we write.
  void finish();
  // Breaks the stream off.
  void reset();

 private:
  friend class SpdyConnection;
  void deliver();

  std::weak_ptr<SpdyConnection> connection_;
  uint32_t id_;
  SpdyHeaders headers_;
  std::string waiting_;  // came, and was not taken yet
  bool ended_ = false, finished_ = false;
  std::function<void(std::string)> reader_;
};
using SpdyStreamPtr = std::shared_ptr<SpdyStream>;

class SpdyConnection : public std::enable_shared_from_this<SpdyConnection> {
 public:
  SpdyConnection(ByteLinkPtr link, std::function<void(SpdyStreamPtr)> opened, std::function<void()> ended)
      : link_(std::move(link)), opened_(std::move(opened)), ended_(std::move(ended)) {}

  void begin() { readMore(); }
  // Writes what is waiting to be written and ends the connection.
  void close();

 private:
  friend class SpdyStream;
  void readMore();
  void take(std::string_view bytes);
  void takeFrame(SpdyFrame frame);
  void open(SpdyFrame frame);
  void send(std::string bytes, std::function<void(bool)> then);
  void writeNext();
  void taken(size_t bytes);
  void end();

  struct Outgoing {
    std::string bytes;
    std::function<void(bool)> then;
  };

  ByteLinkPtr link_;
  SpdyCodec codec_;
  std::function<void(SpdyStreamPtr)> opened_;
  std::function<void()> ended_;
  std::map<uint32_t, SpdyStreamPtr> streams_;
  std::deque<Outgoing> out_;
  size_t untaken_ = 0;
  bool writing_ = false, paused_ = false, closing_ = false, over_ = false;
};

}  // namespace cleat::agent
