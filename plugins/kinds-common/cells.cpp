#include "kinds-common/cells.h"

#include <cleat/sdk/selector.h>

namespace cleat::kinds {

namespace {

// "3d4h": two units, the second left out when it is none.
std::string twoUnits(int64_t large, char largeUnit, int64_t small, char smallUnit) {
  return small == 0 ? concat(large, largeUnit) : concat(large, largeUnit, small, smallUnit);
}

template <class F>
std::string joinedContainers(capnp::List<core_v1::Container>::Reader containers, F text) {
  std::string out;
  for (auto container : containers) {
    if (!out.empty()) out += ',';
    out += view(text(container));
  }
  return out;
}

}  // namespace

std::string humanDuration(Duration duration) {
  int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";  // clocks of two machines differ a little
  if (seconds < 120) return concat(seconds, 's');
  int64_t minutes = seconds / 60;
  if (minutes < 10) return twoUnits(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return concat(minutes, 'm');
  int64_t hours = minutes / 60;
  if (hours < 8) return twoUnits(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return concat(hours, 'h');
  int64_t days = hours / 24;
  if (days < 8) return twoUnits(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return concat(days, 'd');
  if (days < 365 * 8) return twoUnits(days / 365, 'y', days % 365, 'd');
  return concat(days / 365, 'y');
}

std::string Cells::since(capnp::Text::Reader timestamp) const {
  auto time = parseTime(timestamp);
  return time ? humanDuration(now_ - *time) : "<unknown>";
}

void Cells::write(role::Row::Builder row) const {
  auto cells = row.initCells(cells_.size());
  for (uint32_t i = 0; i < cells.size(); ++i) {
    if (auto* text = std::get_if<std::string>(&cells_[i])) {
      cells[i].setText(*text);
    } else if (auto* integer = std::get_if<int64_t>(&cells_[i])) {
      cells[i].setInteger(*integer);
    } else if (auto* number = std::get_if<double>(&cells_[i])) {
      cells[i].setNumber(*number);
    } else if (auto* boolean = std::get_if<bool>(&cells_[i])) {
      cells[i].setBoolean(*boolean);
    } else {
      cells[i].setNone();
    }
  }
}

std::string labelsText(TextMapReader labels) {
  std::string out;
  for (auto entry : labels) {
    if (!out.empty()) out += ',';
    appendTo(out, concat(view(entry.getKey()), '=', view(entry.getValue())));
  }
  return out.empty() ? "<none>" : out;
}

std::string selectorText(meta_v1::LabelSelector::Reader selector) {
  auto compiled = LabelSelector::compile(selector);
  if (!compiled) return "<error>";
  std::string text = compiled->text();
  return text.empty() ? "<none>" : text;
}

std::string containerNames(capnp::List<core_v1::Container>::Reader containers) {
  return joinedContainers(containers, [](core_v1::Container::Reader container) { return container.getName(); });
}

std::string containerImages(capnp::List<core_v1::Container>::Reader containers) {
  return joinedContainers(containers, [](core_v1::Container::Reader container) { return container.getImage(); });
}

}  // namespace cleat::kinds
