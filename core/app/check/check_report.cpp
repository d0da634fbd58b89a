#include "core/app/check/check_report.h"

#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::app {

CheckReport::Line* CheckReport::find(std::string_view check) {
  auto found = std::ranges::find(lines_, check, &Line::check);
  return found == lines_.end() ? nullptr : &*found;
}

void CheckReport::add(State state, std::string_view check, std::string text) {
  Line* known = find(check);
  if (!known) {
    lines_.push_back({state, str(check), std::move(text)});
  } else if (known->state == State::failed) {
    if (state == State::failed) ++known->more;
  } else {
    known->state = state;
    known->text = std::move(text);
  }
}

void CheckReport::ok(std::string_view check, std::string text) { add(State::ok, check, std::move(text)); }
void CheckReport::fail(std::string_view check, std::string text) { add(State::failed, check, std::move(text)); }
void CheckReport::skip(std::string_view check, std::string why) { add(State::skipped, check, std::move(why)); }

void CheckReport::okUnlessFailed(std::string_view check, std::string text) {
  if (!failed(check)) ok(check, std::move(text));
}

bool CheckReport::failed(std::string_view check) const {
  return std::ranges::any_of(lines_,
                             [&](const Line& line) { return line.check == check && line.state == State::failed; });
}

size_t CheckReport::failures() const {
  return static_cast<size_t>(std::ranges::count(lines_, State::failed, &Line::state));
}

std::string CheckReport::text(bool briefly) const {
  const size_t passed = static_cast<size_t>(std::ranges::count(lines_, State::ok, &Line::state));
  if (briefly && failures() == 0) return concat("ok    ", plugin_, ": ", passed, " checks\n");
  std::string all = concat(plugin_, "\n");
  for (const Line& line : lines_) {
    all += line.state == State::ok ? "  ok    " : line.state == State::failed ? "  FAIL  " : "  skip  ";
    all += line.check;
    if (!line.text.empty())
      all += concat(line.check.size() < 13 ? std::string(13 - line.check.size(), ' ') : "  ", line.text);
    if (line.more > 0) all += concat(" (and ", line.more, " more like it)");
    all += '\n';
  }
  return all;
}

}  // namespace cleat::app
