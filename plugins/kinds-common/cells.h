// Table cells as `kubectl get` prints them: a Cells collects one row for one object, and the functions give the texts
// that many kinds show.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cleat::kinds {

// "5s", "3m20s", "2d4h": the precision that a reader of a table wants.
std::string humanDuration(Duration duration);

class Cells {
 public:
  explicit Cells(WallTime now) : now_(now) {}

  void text(std::string text) { cells_.emplace_back(std::move(text)); }
  void text(std::string_view text) { cells_.emplace_back(std::string(text)); }
  void text(const char* text) { cells_.emplace_back(std::string(text)); }
  void text(capnp::Text::Reader text) { cells_.emplace_back(str(text)); }
  void integer(int64_t value) { cells_.emplace_back(value); }
  void number(double value) { cells_.emplace_back(value); }
  void boolean(bool value) { cells_.emplace_back(value); }
  void none() { cells_.emplace_back(std::monostate()); }
  // The time since `timestamp`, or "<unknown>".
  void age(capnp::Text::Reader timestamp) { text(since(timestamp)); }
  std::string since(capnp::Text::Reader timestamp) const;

  void write(role::Row::Builder row) const;

 private:
  WallTime now_;
  std::vector<std::variant<std::monostate, std::string, int64_t, double, bool>> cells_;
};

// "a=1,b=2", or "<none>".
std::string labelsText(TextMapReader labels);
// The selector as kubectl writes it, or "<none>".
std::string selectorText(meta_v1::LabelSelector::Reader selector);
// The names, and the images, of containers with commas between.
std::string containerNames(capnp::List<core_v1::Container>::Reader containers);
std::string containerImages(capnp::List<core_v1::Container>::Reader containers);

}  // namespace cleat::kinds
