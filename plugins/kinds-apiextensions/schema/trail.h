// Trail: the way from a root to a value, as a chain of steps on the stack. It costs nothing until somebody asks for its
// text, which is only where something is wrong.
//
//   Trail spec(&root, "spec");
//   Trail port(&ports, 3);
//   port.text(TrailKeys::dotted);  // "spec.ports[3]"
#pragma once

#include <cleat/sdk/text.h>

#include <string>
#include <string_view>

namespace cleat::kinds::extensions {

// How the keys of maps are written: spec.labels.app or spec.labels[app].
enum class TrailKeys { dotted, bracketed };

struct Trail {
  enum class Step { root, member, key, index };

  Trail() = default;
  Trail(const Trail* from, std::string_view named, Step kind = Step::member) : above(from), step(kind), name(named) {}
  Trail(const Trail* from, size_t place) : above(from), step(Step::index), index(place) {}

  std::string text(TrailKeys keys) const {
    std::string out;
    append(out, keys);
    return out;
  }

  void append(std::string& out, TrailKeys keys) const {
    if (above == nullptr) return appendTo(out, name);
    above->append(out, keys);
    if (step == Step::index) {
      appendTo(out, '[');
      appendTo(out, index);
      appendTo(out, ']');
    } else if (step == Step::key && keys == TrailKeys::bracketed) {
      appendTo(out, '[');
      appendTo(out, name);
      appendTo(out, ']');
    } else {
      if (!out.empty() || step == Step::key) out += '.';
      appendTo(out, name);
    }
  }

  const Trail* above = nullptr;
  Step step = Step::root;
  std::string_view name;  // of a root: what every text begins with
  size_t index = 0;
};

}  // namespace cleat::kinds::extensions
