// ByteStream: bytes both ways, without blocking and without HTTP: a socket, or what an upgrade makes of an exchange.
// Used on one strand, that of whoever gave it.
#pragma once

#include <sys/types.h>

#include "core/base/executor.h"

namespace cleat::http {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  static constexpr ssize_t kEnd = 0, kFailed = -1, kAgain = -2;
  // How many bytes were read or taken, or one of the above. kAgain: ask once more when the callback below has run.
  virtual ssize_t readSome(char* to, size_t size) = 0;
  virtual ssize_t writeSome(const char* from, size_t size) = 0;
  // Calls `work` once, on the strand, when it is worth trying again, or when the stream was closed. Replaces an earlier
  // one.
  virtual void whenReadable(base::Work work) = 0;
  virtual void whenWritable(base::Work work) = 0;
  // Tells the peer that nothing more will be written.
  virtual void finish() = 0;
  virtual void close() = 0;
};

}  // namespace cleat::http
