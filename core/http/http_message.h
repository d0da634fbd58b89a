// HTTP's messages, however they travel: the fields of a head, a request that has been read, an answer that is to be
// sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/body.h"

namespace cleat::http {

// Fields in the order they came, their names compared without regard to case. One buffer holds them all.
class Headers {
 public:
  void add(std::string_view name, std::string_view value);
  // The first of that name, or empty.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  size_t count() const { return fields_.size(); }
  std::pair<std::string_view, std::string_view> at(size_t index) const;
  // True if the comma-separated value of `name` has `token`, without regard to case.
  bool hasToken(std::string_view name, std::string_view token) const;
  void clear();

 private:
  struct Field {
    uint32_t name, nameSize, value, valueSize;
  };
  std::string text_;
  std::vector<Field> fields_;
};

bool equalIgnoringCase(std::string_view a, std::string_view b);

struct Request {
  std::string method;
  std::string target;  // as it came: path and query
  Headers headers;
  std::string body;

  std::string_view path() const;
  std::string_view query() const;  // without the question mark
};

struct ResponseHead {
  int status = 200;
  std::string contentType = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  bool mayCompress = false;  // a large body, for who takes it so
};

struct Response {
  ResponseHead head;
  Body body;
};

}  // namespace cleat::http
