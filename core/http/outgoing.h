// Outgoing: what is being written to a socket, cut so that TLS is not wasted on scraps: large pieces go as they are,
// small ones are put together up to a TLS record.
#pragma once

#include <string>
#include <string_view>

#include "core/http/body.h"

namespace cleat::http {

class Outgoing {
 public:
  // Whatever was there before is forgotten.
  void set(std::string before, Body body, std::string after);
  // The next bytes to write; empty when all have been taken.
  std::string_view next();
  void took(size_t size) { current_.remove_prefix(size); }
  // Lets go of what it holds, but for a small buffer.
  void clear();

 private:
  std::string_view segment(size_t index) const;
  // The next bytes, no more than `most`, which count as given from now on; empty of an empty segment alone.
  std::string_view part(size_t most);
  void fill();
  void prefetchPiece(size_t index) const;

  std::string before_, after_, chunk_;
  Body body_;
  size_t segment_ = 0, offset_ = 0, left_ = 0;
  std::string_view current_;
};

}  // namespace cleat::http
