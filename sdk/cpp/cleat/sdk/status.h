// Why something failed, in the terms of the Kubernetes API, and `Result<T>`: a value or that.
//
// Used by plugins and by the core alike. A function that a caller can see fail returns Result<T>; `code`
// is the HTTP status that a client of the API would see, `reason` its machine-readable word. Make one
// with the functions below rather than by hand, so that code and reason agree.
#pragma once

#include <cleat/sdk/try.h>

#include <concepts>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cleat {

struct StatusCause {
  std::string reason;   // "FieldValueRequired"
  std::string message;  // "Required value"
  std::string field;    // "spec.containers[0].image"
  bool operator==(const StatusCause&) const = default;
};

struct StatusDetails {
  std::string name, group, kind, uid;
  std::vector<StatusCause> causes;
  uint32_t retryAfterSeconds = 0;
  bool operator==(const StatusDetails&) const = default;
};

struct Status {
  uint16_t code = 500;
  std::string reason = "InternalError";
  std::string message;
  StatusDetails details;

  bool is(uint16_t httpCode) const { return code == httpCode; }
  bool operator==(const Status&) const = default;

  static Status badRequest(std::string message);
  static Status unauthorized(std::string message = "Unauthorized");
  static Status forbidden(std::string message);
  // `resource` is the plural with its group ("deployments.apps"), as Kubernetes words these errors.
  static Status notFound(std::string_view resource, std::string_view name);
  static Status alreadyExists(std::string_view resource, std::string_view name);
  static Status conflict(std::string_view resource, std::string_view name, std::string_view why);
  static Status gone(std::string message);  // 410, reason "Expired"
  // `kind` with its group: "Deployment.apps".
  static Status invalid(std::string_view kind, std::string_view name, std::vector<StatusCause> causes);
  static Status methodNotAllowed(std::string message);
  static Status notAcceptable(std::string message);
  static Status unsupportedMediaType(std::string message);
  static Status tooLarge(std::string message);  // 413, RequestEntityTooLarge
  static Status tooManyRequests(std::string message, uint32_t retryAfterSeconds);
  static Status timeout(std::string message);      // 504
  static Status unavailable(std::string message);  // 503
  static Status internal(std::string message);
};

inline std::unexpected<Status> fail(Status status) { return std::unexpected<Status>(std::move(status)); }

// A value, or why there is none. It cannot be left unread by accident; `(void)` says that it is meant.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Status> {
  using Base = std::expected<T, Status>;

 public:
  Result() = default;
  Result(std::unexpected<Status> error) : Base(std::move(error)) {}
  template <class U = T>
    requires(!std::derived_from<std::remove_cvref_t<U>, Base> && !std::same_as<std::remove_cvref_t<U>, Result> &&
             std::is_constructible_v<T, U>)
  explicit(!std::is_convertible_v<U, T>) Result(U&& value) : Base(std::in_place, std::forward<U>(value)) {}
  // What becomes of a value of another type becomes of a Result of it.
  template <class U>
    requires(!std::same_as<U, T> && std::is_convertible_v<U, T>)
  Result(Result<U> other) : Base(std::unexpect) {
    if (other) {
      *this = T(*std::move(other));
    } else {
      this->error() = std::move(other).error();
    }
  }
};

template <>
class [[nodiscard]] Result<void> : public std::expected<void, Status> {
 public:
  Result() = default;
  Result(std::unexpected<Status> error) : std::expected<void, Status>(std::move(error)) {}
};

}  // namespace cleat
