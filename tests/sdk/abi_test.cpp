// The binary contract against what has been released of it: within a major version a slot never moves, changes its type
// or disappears. sdk/abi/released/MAJOR.MINOR.txt has a line for every slot of that release; a new minor version adds a
// file.
#include <cleat_abi.h>
#include <gmock/gmock.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <string_view>

#include "cleat_folders.h"

namespace {

// The compiler's own words for a type; "[with T = …]" is g++'s form and "[T = …]" clang's.
template <class T>
std::string nameOf() {
  std::string_view text = __PRETTY_FUNCTION__;
  size_t begin = text.find("T = ") + 4;
  size_t end = text.find(';', begin);
  if (end == std::string_view::npos) end = text.rfind(']');
  std::string name(text.substr(begin, end - begin));
#ifdef __clang__
  // As g++ calls them.
  static const std::pair<std::regex, std::string> words[] = {{std::regex("unsigned long"), "long unsigned int"},
                                                             {std::regex("unsigned short"), "short unsigned int"},
                                                             {std::regex("\\blong\\b(?! unsigned)"), "long int"}};
  for (const auto& [word, other] : words) name = std::regex_replace(name, word, other);
#endif
  std::erase(name, ' ');  // compilers differ in them
  return name;
}

using Lines = std::set<std::string>;

#define SLOT(type, member)                                                                \
  lines.insert(#type "." #member " at " + std::to_string(offsetof(type, member)) + ": " + \
               nameOf<decltype(type::member)>())
#define SIZE(type) lines.insert(#type " has " + std::to_string(sizeof(type)) + " bytes")
#define VALUE(name) lines.insert(#name " = " + std::to_string(name))
#define TEXT(name) lines.insert(#name " = " name)

void addManifest(Lines& lines) {
  VALUE(CLEAT_ABI_MAJOR);
  TEXT(CLEAT_MANIFEST_MAGIC);
  TEXT(CLEAT_MANIFEST_SECTION);
  TEXT(CLEAT_PLUGIN_SYMBOL);
  VALUE(CLEAT_FLAG_CONCURRENT_CALLS);

  SLOT(cleat_manifest, magic);
  SLOT(cleat_manifest, struct_size);
  SLOT(cleat_manifest, abi_major);
  SLOT(cleat_manifest, abi_minor);
  SLOT(cleat_manifest, flags);
  SLOT(cleat_manifest, reserved);
  SLOT(cleat_manifest, name);
  SLOT(cleat_manifest, version);
  SLOT(cleat_manifest, maturity);
  SLOT(cleat_manifest, roles);
  SLOT(cleat_manifest, grants);
  SLOT(cleat_manifest, config_schema);
}

void addValues(Lines& lines) {
  // These have no size in them, so they cannot even grow.
  SIZE(cleat_bytes);
  SLOT(cleat_bytes, data);
  SLOT(cleat_bytes, size);
  SIZE(cleat_words);
  SLOT(cleat_words, data);
  SLOT(cleat_words, count);
  SIZE(cleat_object);
  SLOT(cleat_object, words);
  SLOT(cleat_object, revision);
  SLOT(cleat_object, ref);
  SIZE(cleat_payload);
  SLOT(cleat_payload, message);
  SLOT(cleat_payload, objects);
  SLOT(cleat_payload, object_count);
  SIZE(cleat_change);
  SLOT(cleat_change, type);
  SLOT(cleat_change, reserved);
  SLOT(cleat_change, object);
}

void addConstants(Lines& lines) {
  VALUE(CLEAT_OK);
  VALUE(CLEAT_FAILED);
  VALUE(CLEAT_RETRY);
  VALUE(CLEAT_NOT_MINE);
  VALUE(CLEAT_DENIED);
  VALUE(CLEAT_EVENT_REPLY);
  VALUE(CLEAT_EVENT_CALL);
  VALUE(CLEAT_EVENT_CANCEL);
  VALUE(CLEAT_EVENT_WATCH);
  VALUE(CLEAT_EVENT_TIMER);
  VALUE(CLEAT_EVENT_POSTED);
  VALUE(CLEAT_CHANGE_ADDED);
  VALUE(CLEAT_CHANGE_MODIFIED);
  VALUE(CLEAT_CHANGE_DELETED);
  VALUE(CLEAT_CHANGE_SYNCED);
  VALUE(CLEAT_CHANGE_RESTARTED);
  VALUE(CLEAT_LOG_DEBUG);
  VALUE(CLEAT_LOG_INFO);
  VALUE(CLEAT_LOG_WARN);
  VALUE(CLEAT_LOG_ERROR);
}

void addTables(Lines& lines) {
  SLOT(cleat_event, struct_size);
  SLOT(cleat_event, type);
  SLOT(cleat_event, token);
  SLOT(cleat_event, interface_id);
  SLOT(cleat_event, method);
  SLOT(cleat_event, status);
  SLOT(cleat_event, deadline_ns);
  SLOT(cleat_event, payload);
  SLOT(cleat_event, changes);
  SLOT(cleat_event, change_count);
  SLOT(cleat_event, stream);
  SLOT(cleat_event, reserved);

  SLOT(cleat_host, struct_size);
  SLOT(cleat_host, abi_major);
  SLOT(cleat_host, abi_minor);
  SLOT(cleat_host, log);
  SLOT(cleat_host, now);
  SLOT(cleat_host, wall_now);
  SLOT(cleat_host, random);
  SLOT(cleat_host, timer);
  SLOT(cleat_host, cancel);
  SLOT(cleat_host, post);
  SLOT(cleat_host, run_blocking);
  SLOT(cleat_host, call);
  SLOT(cleat_host, reply);
  SLOT(cleat_host, retain);
  SLOT(cleat_host, release);
  SLOT(cleat_host, ready);
  SLOT(cleat_host, call_with_stream);

  SLOT(cleat_plugin, struct_size);
  SLOT(cleat_plugin, reserved);
  SLOT(cleat_plugin, manifest);
  SLOT(cleat_plugin, start);
  SLOT(cleat_plugin, deliver);
  SLOT(cleat_plugin, stop);
}

#undef SLOT
#undef SIZE
#undef VALUE
#undef TEXT

Lines contract() {
  Lines lines;
  addManifest(lines);
  addValues(lines);
  addConstants(lines);
  addTables(lines);
  return lines;
}

const std::filesystem::path kReleased = std::filesystem::path(CLEAT_SOURCE_DIR) / "sdk/abi/released";

std::set<std::string> released(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::set<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.insert(line);
  }
  return lines;
}

TEST(Abi, KeepsEverySlotOfEveryReleaseOfItsMajorVersion) {
  const std::set<std::string> now = contract();
  int releases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kReleased)) {
    if (!entry.path().filename().string().starts_with(std::to_string(CLEAT_ABI_MAJOR) + ".")) continue;
    ++releases;
    for (const std::string& line : released(entry.path())) {
      EXPECT_TRUE(now.contains(line)) << entry.path().filename() << " promised: " << line;
    }
  }
  EXPECT_GT(releases, 0);
}

// Whoever adds a slot raises the minor version and records what it has become:
//   sdk_tests --gtest_filter=Abi.* prints the lines that sdk/abi/released/MAJOR.MINOR.txt must have.
TEST(Abi, RecordsWhatItsPresentVersionHas) {
  const std::string version = std::to_string(CLEAT_ABI_MAJOR) + "." + std::to_string(CLEAT_ABI_MINOR);
  std::string wanted;
  for (const std::string& line : contract()) wanted += line + "\n";
  EXPECT_EQ(released(kReleased / (version + ".txt")), contract()) << "sdk/abi/released/" << version << ".txt:\n"
                                                                  << wanted;
}

}  // namespace
