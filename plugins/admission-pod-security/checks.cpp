// What the checks of both levels say alike.
#include "checks.h"

namespace cleat::pod_security {
namespace {

template <class List>
std::string quotedList(const List& names) {
  return joined(names, ", ", inQuotes);
}

}  // namespace

std::string quoted(const Names& names) { return quotedList(names); }
std::string quoted(const NameSet& names) { return quotedList(names); }

std::string containersText(const Names& names) {
  return concat(plural(names.size(), "container ", "containers "), quoted(names));
}

std::string settersText(bool pod, const Names& containers) {
  std::string text = pod ? "pod" : "";
  if (!containers.empty()) text += concat(pod ? " and " : "", containersText(containers));
  return text;
}

}  // namespace cleat::pod_security
