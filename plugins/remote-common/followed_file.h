// FollowedFile: a configuration file that is looked at whenever it matters, and read again when it has changed. One
// that is wrong then does not count: what was read before stays, the log and the plugin's health say so.
//
//   CLEAT_CO_TRY(issuers, file_.read(path, readIssuers));               // at the start: an error is the plugin's
//   if (auto issuers = file_.changed(readIssuers)) take(*std::move(issuers));   // at each request
//
// Without a file nothing ever changes.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/text.h>

#include <optional>
#include <string>
#include <type_traits>

#include "remote-common/config_document.h"

namespace cleat::remote {

class FollowedFile {
 public:
  // `what` is in the file: "authentication configuration".
  FollowedFile(Context& context, std::string what) : context_(context), what_(std::move(what)) {}

  // What `reader` makes of the file, which is followed from here on.
  template <class Reader>
  auto read(std::string file, Reader&& reader) {
    file_ = std::move(file);
    // Before it is read: a change meanwhile is one that is read again.
    version_ = FileVersion::of(file_);
    return reader(file_);
  }

  template <class Reader>
  auto changed(Reader&& reader)
      -> std::optional<typename std::invoke_result_t<Reader&, const std::string&>::value_type> {
    if (file_.empty()) return std::nullopt;
    const FileVersion now = FileVersion::of(file_);
    if (now == version_) return std::nullopt;
    version_ = now;
    auto found = reader(file_);
    if (!found) {
      context_.log.error("the changed ", what_, " is not taken: ", found.error());
      context_.report(concat("the changed configuration is not taken: ", found.error().message));
      return std::nullopt;
    }
    context_.log.info("took the changed ", what_, " of ", file_);
    context_.report("");
    return *std::move(found);
  }

 private:
  Context& context_;
  const std::string what_;
  std::string file_;
  FileVersion version_;
};

}  // namespace cleat::remote
