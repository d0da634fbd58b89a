#include "patches.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::gc {
namespace {

// uids and finalizers come from objects: nothing in them may end the text that they stand in.
std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (unsigned char c : text) {
    if (c < 0x20) {
      out += {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += static_cast<char>(c);
    }
  }
  return out + '"';
}

class Patch {
 public:
  void test(const std::string& path, std::string_view value) { add("test", path, quoted(value)); }
  void remove(const std::string& path) { add("remove", path, {}); }
  void replace(const std::string& path, const std::string& json) { add("replace", path, json); }
  std::string text() const { return operations_.empty() ? std::string() : concat('[', operations_, ']'); }

 private:
  void add(const char* operation, const std::string& path, const std::string& json) {
    if (!operations_.empty()) operations_ += ',';
    operations_ += concat("{\"op\":\"", operation, "\",\"path\":\"", path, '"');
    if (!json.empty()) operations_ += concat(",\"value\":", json);
    operations_ += '}';
  }
  std::string operations_;
};

}  // namespace

std::string withoutOwners(const AnyRef& object, const std::vector<std::string>& uids) {
  Patch patch;
  auto owners = object.meta().getOwnerReferences();
  // From the end: what stands before keeps its place.
  for (uint32_t i = owners.size(); i-- > 0;) {
    if (std::ranges::find(uids, view(owners[i].getUid())) == uids.end()) continue;
    const std::string path = concat("/metadata/ownerReferences/", i);
    patch.test(path + "/uid", view(owners[i].getUid()));
    patch.remove(path);
  }
  return patch.text();
}

std::string withoutBlocking(const AnyRef& object) {
  Patch patch;
  auto owners = object.meta().getOwnerReferences();
  for (uint32_t i = 0; i < owners.size(); ++i) {
    if (!valueOr(owners[i].getBlockOwnerDeletion(), false)) continue;
    const std::string path = concat("/metadata/ownerReferences/", i);
    patch.test(path + "/uid", view(owners[i].getUid()));
    patch.replace(path + "/blockOwnerDeletion", "false");
  }
  return patch.text();
}

std::string withoutFinalizer(const AnyRef& object, std::string_view finalizer) {
  Patch patch;
  auto finalizers = object.meta().getFinalizers();
  for (uint32_t i = finalizers.size(); i-- > 0;) {
    if (view(finalizers[i]) != finalizer) continue;
    const std::string path = concat("/metadata/finalizers/", i);
    patch.test(path, finalizer);
    patch.remove(path);
  }
  return patch.text();
}

}  // namespace cleat::gc
