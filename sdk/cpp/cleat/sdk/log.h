// Writes lines to the host's log under the plugin's name. Values are put together by `concat` (text.h):
//
//   context().log.info("pod ", key, " is bound to ", node);
//
// May be used from any thread while the plugin runs. Secrets do not belong in it.
#pragma once

#include <cleat/sdk/text.h>
#include <cleat_abi.h>

namespace cleat {

class Log {
 public:
  Log(const cleat_host* host, cleat_context* context) : host_(host), context_(context) {}

  template <class... T>
  void debug(const T&... values) const {
    write(CLEAT_LOG_DEBUG, concat(values...));
  }
  template <class... T>
  void info(const T&... values) const {
    write(CLEAT_LOG_INFO, concat(values...));
  }
  template <class... T>
  void warn(const T&... values) const {
    write(CLEAT_LOG_WARN, concat(values...));
  }
  template <class... T>
  void error(const T&... values) const {
    write(CLEAT_LOG_ERROR, concat(values...));
  }

  void write(cleat_log_level level, std::string_view line) const {
    host_->log(context_, level, cleat_bytes{line.data(), line.size()});
  }

 private:
  const cleat_host* host_;
  cleat_context* context_;
};

}  // namespace cleat
