#include "server/exec_result.h"

#include <boost/json.hpp>

namespace cleat::agent {
namespace {

namespace json = boost::json;

json::object statusOf(std::string_view status) {
  return json::object{{"metadata", json::object{}}, {"status", status}};
}

}  // namespace

ExecEnd execFailure(std::string_view message) {
  json::object status = statusOf("Failure");
  status["message"] = message;
  status["reason"] = "InternalError";
  status["details"] = json::object{{"causes", json::array{json::object{{"message", message}}}}};
  status["code"] = 500;
  return {json::serialize(status), std::string(message)};
}

ExecEnd execStatus(std::string_view result) {
  boost::system::error_code error;
  json::value parsed = json::parse(result, error);
  const json::object* object = error ? nullptr : parsed.if_object();
  if (object == nullptr) return execFailure("the runtime gave no result");
  if (const json::value* why = object->if_contains("error"); why != nullptr && why->is_string()) {
    return execFailure(why->get_string());
  }
  const json::value* code = object->if_contains("exitCode");
  int64_t exitCode = code != nullptr && code->is_int64() ? code->get_int64() : 0;
  if (exitCode == 0) return {json::serialize(statusOf("Success")), {}};
  std::string number = std::to_string(exitCode);
  json::object status = statusOf("Failure");
  std::string message = "command terminated with non-zero exit code: exit status " + number;
  status["message"] = message;
  status["reason"] = "NonZeroExitCode";
  json::object cause{{"reason", "ExitCode"}, {"message", number}};
  status["details"] = json::object{{"causes", json::array{std::move(cause)}}};
  return {json::serialize(status), message};
}

}  // namespace cleat::agent
