// ConfigDocument: a configuration file in YAML (or JSON), read strictly: a field that nobody knows, one that stands
// there twice and a value of another type are complaints, each with its file, line and field.
//
//   CLEAT_TRY(std::unique_ptr<ConfigDocument> file, ConfigDocument::read("/etc/cleat/authentication.yaml"));
//   ConfigNode root = file->root();
//   root.knows({"apiVersion", "kind", "jwt"});
//   for (const ConfigNode& jwt : root["jwt"].items()) use(jwt["issuer"]["url"].text());
//   CLEAT_TRY(file->verdict());   // "/etc/cleat/authentication.yaml:7: jwt[0].issuer.uri: unknown field"
//
// What is absent or wrong reads as empty, so that a reader goes on and everything that is wrong is told at once.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::remote {

class ConfigDocument;

// A place in a document, whether something stands there or not. Lives no longer than the document.
class ConfigNode {
 public:
  bool there() const { return there_; }  // and not null
  int line() const { return line_; }     // of what is absent: where it would be
  const std::string& path() const { return path_; }
  void complain(std::string_view why) const;
  // `claims: Invalid value: "x": why`, and its like.
  void invalid(std::string_view value, std::string_view why) const;
  void required(std::string_view why = {}) const;

  // Of an object: complains of other fields than these. False where it is no object.
  bool knows(std::initializer_list<std::string_view> names) const;
  ConfigNode operator[](std::string_view name) const;
  // Of a list; complains where it is none.
  std::vector<ConfigNode> items() const;
  std::vector<std::string> texts() const;
  std::string text() const;
  bool boolean(bool absent) const;
  int64_t integer(int64_t absent) const;
  Duration duration(Duration absent) const;  // "5m"

 private:
  friend class ConfigDocument;
  struct Place;
  ConfigNode(ConfigDocument& document, std::shared_ptr<const Place> place, std::string path, int line);
  std::string plain(std::string_view expected) const;

  ConfigDocument* document_;
  std::shared_ptr<const Place> place_;
  std::string path_;
  int line_;
  bool there_;
};

class ConfigDocument {
 public:
  static Result<std::unique_ptr<ConfigDocument>> read(const std::string& file);
  static Result<std::unique_ptr<ConfigDocument>> parse(const std::string& text, std::string fileName);

  ConfigNode root();
  // Complains where the file says that it is something else.
  void expect(std::string_view group, std::initializer_list<std::string_view> versions, std::string_view kind);
  // All complaints, one a line.
  Result<void> verdict() const;
  const std::string& name() const { return name_; }

 private:
  friend class ConfigNode;
  ConfigDocument() = default;

  std::string name_;
  std::shared_ptr<const ConfigNode::Place> top_;
  std::vector<std::string> complaints_;
};

// What tells whether a file is still the one that was read.
class FileVersion {
 public:
  FileVersion() = default;
  static FileVersion of(const std::string& file);
  bool operator==(const FileVersion&) const = default;

 private:
  bool there_ = false;
  uint64_t device_ = 0, inode_ = 0;
  int64_t size_ = 0, seconds_ = 0, nanos_ = 0;
};

}  // namespace cleat::remote
