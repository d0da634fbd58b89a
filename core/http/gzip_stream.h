// GzipStream: bytes compressed as they come (RFC 1952), quickly rather than well: JSON comes to a seventh either way.
//
//   GzipStream stream;
//   std::string out;
//   stream.add(first, out);
//   stream.add(second, out);
//   stream.finish(out);
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace cleat::http {

class GzipStream {
 public:
  GzipStream();
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;

  // Appends what there is of the result by now.
  void add(std::string_view bytes, std::string& out);
  // The rest of it. Once, and nothing after it.
  void finish(std::string& out);

 private:
  void run(int flush, std::string& out);

  std::unique_ptr<z_stream_s> stream_;
};

}  // namespace cleat::http
