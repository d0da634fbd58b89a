// CheckReport: what `cleat plugin check` has found out about one plugin, a line for each check: "ok", "FAIL" with what
// was seen and what to do about it, or "skip" with why it could not be asked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cleat::app {

class CheckReport {
 public:
  explicit CheckReport(std::string plugin) : plugin_(std::move(plugin)) {}

  void setPlugin(std::string name) { plugin_ = std::move(name); }
  const std::string& plugin() const { return plugin_; }

  // Of the reasons for which one check fails the first is told, and how many more there were.
  void ok(std::string_view check, std::string text = {});
  void fail(std::string_view check, std::string text);
  void skip(std::string_view check, std::string why);
  // Passed, unless it has failed already.
  void okUnlessFailed(std::string_view check, std::string text = {});

  bool failed(std::string_view check) const;
  size_t failures() const;
  // Lines as people read them. Of a plugin where nothing failed: with `briefly` one line for all of them.
  std::string text(bool briefly) const;

 private:
  enum class State { ok, failed, skipped };
  struct Line {
    State state;
    std::string check, text;
    size_t more = 0;
  };
  Line* find(std::string_view check);
  void add(State state, std::string_view check, std::string text);

  std::string plugin_;
  std::vector<Line> lines_;
};

}  // namespace cleat::app
