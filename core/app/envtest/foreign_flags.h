// Flags as the programs take them that `cleat envtest` stands in for: "--name=value", "--name value", and "--name"
// alone where the value is true or false.
//
//   const ForeignFlag known[] = {{"data-dir", ForeignFlag::Use::effect, "folder of the state"}};
//   CLEAT_TRY(ForeignFlags flags, ForeignFlags::parse("etcd", known, arguments));
//   std::string folder = flags.get("data-dir");
#pragma once

#include <cleat/sdk/status.h>

#include <map>
#include <span>
#include <string>
#include <vector>

namespace cleat::app {

struct ForeignFlag {
  // `none`: it tunes something that there is not here, so that it may be given and changes nothing.
  enum class Use { effect, none };
  const char* name;
  Use use;
  const char* help = "";
  bool boolean = false;
};

class ForeignFlags {
 public:
  // 400 with the names of all flags that are none of `known`, or that lack their value.
  static Result<ForeignFlags> parse(const char* program, std::span<const ForeignFlag> known,
                                    std::span<const std::string> arguments);

  // The last value that was given; empty: none was.
  std::string get(const std::string& name) const;
  // All values that were given, each split at its commas.
  std::vector<std::string> list(const std::string& name) const;
  bool isTrue(const std::string& name, bool otherwise) const;
  // Those that change nothing, by name.
  const std::vector<std::string>& withoutEffect() const { return withoutEffect_; }

 private:
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> withoutEffect_;
};

// What the program says to --help: each flag at the beginning of a line, as those look for it who want to know.
std::string helpFor(const char* program, const char* what, std::span<const ForeignFlag> known);

}  // namespace cleat::app
