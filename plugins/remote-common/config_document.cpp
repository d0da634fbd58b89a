#include "remote-common/config_document.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

namespace cleat::remote {

struct ConfigNode::Place {
  YAML::Node node;
};

namespace {

bool isPlain(const YAML::Node& node) { return node.Tag() != "!"; }  // not in quotes

// Whether a text without quotes is something else than a text.
bool isOtherType(const std::string& text) {
  static const std::set<std::string, std::less<>> kWords{"true", "false", "True", "False", "TRUE", "FALSE"};
  if (kWords.contains(text)) return true;
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

int lineOf(const YAML::Node& node, int otherwise) {
  return node.IsDefined() && node.Mark().line >= 0 ? node.Mark().line + 1 : otherwise;
}

}  // namespace

ConfigNode::ConfigNode(ConfigDocument& document, std::shared_ptr<const Place> place, std::string path, int line)
    : document_(&document), place_(std::move(place)), path_(std::move(path)), line_(line),
      there_(place_ && place_->node.IsDefined() && !place_->node.IsNull()) {
  if (there_) line_ = lineOf(place_->node, line);
}

void ConfigNode::complain(std::string_view why) const {
  document_->complaints_.push_back(concat(document_->name_, ":", line_, ": ", path_, path_.empty() ? "" : ": ", why));
}

void ConfigNode::invalid(std::string_view value, std::string_view why) const {
  complain(concat("Invalid value: ", inQuotes(value), ": ", why));
}

void ConfigNode::required(std::string_view why) const {
  complain(why.empty() ? "Required value" : concat("Required value: ", why));
}

bool ConfigNode::knows(std::initializer_list<std::string_view> names) const {
  if (!there_) return false;
  if (!place_->node.IsMap()) {
    complain("expected an object");
    return false;
  }
  std::set<std::string, std::less<>> seen;
  for (const auto& member : place_->node) {
    const std::string name = member.first.IsScalar() ? member.first.Scalar() : std::string();
    const ConfigNode field(*document_, std::make_shared<Place>(Place{member.first}),
                           path_.empty() ? name : concat(path_, ".", name), line_);
    if (std::ranges::find(names, name) == names.end()) field.complain("unknown field");
    if (!seen.insert(name).second) field.complain("the field stands there twice");
  }
  return true;
}

ConfigNode ConfigNode::operator[](std::string_view name) const {
  std::shared_ptr<const Place> found;
  if (there_ && place_->node.IsMap()) {
    for (const auto& member : place_->node) {
      if (member.first.IsScalar() && member.first.Scalar() == name)
        found = std::make_shared<Place>(Place{member.second});
    }
  }
  return {*document_, std::move(found), path_.empty() ? str(name) : concat(path_, ".", name), line_};
}

std::vector<ConfigNode> ConfigNode::items() const {
  std::vector<ConfigNode> found;
  if (!there_) return found;
  if (!place_->node.IsSequence()) {
    complain("expected a list");
    return found;
  }
  for (const auto& item : place_->node) {
    found.push_back(
        ConfigNode(*document_, std::make_shared<Place>(Place{item}), concat(path_, "[", found.size(), "]"), line_));
  }
  return found;
}

std::vector<std::string> ConfigNode::texts() const {
  std::vector<std::string> all;
  for (const ConfigNode& item : items()) all.push_back(item.text());
  return all;
}

std::string ConfigNode::plain(std::string_view expected) const {
  if (!there_) return {};
  if (place_->node.IsScalar()) return place_->node.Scalar();
  complain(concat("expected ", expected));
  return {};
}

std::string ConfigNode::text() const {
  std::string value = plain("a text");
  if (there_ && place_->node.IsScalar() && isPlain(place_->node) && isOtherType(value)) {
    complain(concat("expected a text, which ", value, " without quotes is not"));
  }
  return value;
}

bool ConfigNode::boolean(bool absent) const {
  if (!there_) return absent;
  const std::string value = plain("true or false");
  if (value == "true" || value == "false") return value == "true";
  complain(concat("expected true or false, not ", inQuotes(value)));
  return absent;
}

int64_t ConfigNode::integer(int64_t absent) const {
  if (!there_) return absent;
  const std::string value = plain("a number");
  if (auto number = parseInteger<int64_t>(value)) return *number;
  complain(concat("expected a number, not ", inQuotes(value)));
  return absent;
}

Duration ConfigNode::duration(Duration absent) const {
  if (!there_) return absent;
  const std::string value = plain("a duration");
  if (auto duration = parseDuration(value)) return *duration;
  complain(concat("expected a duration such as 1m30s, not ", inQuotes(value)));
  return absent;
}

Result<std::unique_ptr<ConfigDocument>> ConfigDocument::read(const std::string& file) {
  CLEAT_TRY(const std::string text, readFile(file));
  return parse(text, file);
}

Result<std::unique_ptr<ConfigDocument>> ConfigDocument::parse(const std::string& text, std::string fileName) {
  std::unique_ptr<ConfigDocument> document(new ConfigDocument);
  document->name_ = std::move(fileName);
  try {
    const std::vector<YAML::Node> parts = YAML::LoadAll(text);
    if (parts.size() > 1) return fail(Status::badRequest(concat(document->name_, ": holds more than one document")));
    document->top_ = std::make_shared<ConfigNode::Place>(
        ConfigNode::Place{parts.empty() ? YAML::Node(YAML::NodeType::Map) : parts[0]});
  } catch (const YAML::Exception& error) {
    return fail(Status::badRequest(concat(document->name_, ":", error.mark.line + 1, ": ", error.msg)));
  }
  return document;
}

ConfigNode ConfigDocument::root() { return {*this, top_, "", 1}; }

void ConfigDocument::expect(std::string_view group, std::initializer_list<std::string_view> versions,
                            std::string_view kind) {
  const ConfigNode top = root();
  const std::string version = top["apiVersion"].text(), found = top["kind"].text();
  const bool isKnown =
      std::ranges::any_of(versions, [&](std::string_view each) { return version == concat(group, "/", each); });
  if (isKnown && found == kind) return;
  top.complain(concat("expected ", group, "/", *versions.begin(), ", Kind=", kind, ", got ",
                      version.empty() ? "no apiVersion" : version, ", Kind=", found));
}

Result<void> ConfigDocument::verdict() const {
  if (complaints_.empty()) return {};
  std::string all;
  for (const std::string& complaint : complaints_) all += concat(all.empty() ? "" : "\n", complaint);
  return fail(Status::badRequest(std::move(all)));
}

FileVersion FileVersion::of(const std::string& file) {
  FileVersion version;
  struct stat found{};
  if (stat(file.c_str(), &found) != 0) return version;
  version.there_ = true;
  version.device_ = found.st_dev;
  version.inode_ = found.st_ino;
  version.size_ = found.st_size;
  version.seconds_ = found.st_mtim.tv_sec;
  version.nanos_ = found.st_mtim.tv_nsec;
  return version;
}

}  // namespace cleat::remote
