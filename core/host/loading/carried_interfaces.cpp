#include "core/host/loading/carried_interfaces.h"

#include <capnp/schema.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/text.h>
#include <kj/exception.h>

#include <cctype>
#include <cstring>
#include <span>

#include "core/host/loading/elf_file.h"
#include "core/host/loading/manifest.h"
#include "core/object/schema/message_shape.h"

namespace cleat::host {
namespace {

constexpr size_t kMostBytes = 4u << 20;

Result<CarriedInterface> describe(std::span<const uint64_t> words) {
  const Status damaged = Status::badRequest("it is no message of one segment");
  if (words.size() < 2 || words[0] != uint64_t{words.size() - 1} << 32) return fail(damaged);
  CLEAT_TRY(Ref<const object::Message> message, object::Message::checked(words.subspan(1)));
  // What reads schemas trusts that texts are texts.
  CLEAT_TRY(object::checkShape(*message, capnp::Schema::from<capnp::schema::CodeGeneratorRequest>()));
  auto request = message->root<capnp::schema::CodeGeneratorRequest>();
  CarriedInterface carried;
  if (request.getRequestedFiles().size() != 1) return fail(Status::badRequest("it does not say which interface it is"));
  carried.id = request.getRequestedFiles()[0].getId();
  for (auto node : request.getNodes()) {
    if (node.getId() != carried.id || !node.isInterface()) continue;
    carried.name = interfaceName(node);
    for (auto method : node.getInterface().getMethods()) carried.methods.push_back(str(method.getName()));
  }
  if (carried.name.empty()) return fail(Status::badRequest("the interface itself is missing"));
  carried.role = roleNameOf(carried.name);
  carried.schema = std::move(message);
  return carried;
}

}  // namespace

std::string roleNameOf(std::string_view interface) {
  std::string name;
  for (const char c : interface) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isupper(letter) && !name.empty()) name += '-';
    name += static_cast<char>(std::tolower(letter));
  }
  return name;
}

std::string interfaceName(capnp::schema::Node::Reader node) {
  const std::string_view name = view(node.getDisplayName());
  const size_t behind = std::min<size_t>(node.getDisplayNamePrefixLength(), name.size());
  return std::string(name.substr(behind));
}

Result<std::vector<CarriedInterface>> parseInterfaces(std::string_view section, const std::string& origin) {
  std::vector<uint64_t> all(section.size() / sizeof(uint64_t));
  std::memcpy(all.data(), section.data(), all.size() * sizeof(uint64_t));
  std::vector<CarriedInterface> found;
  for (size_t at = 0; at < all.size();) {
    // The compiler may leave room between two.
    if (all[at] == 0) {
      ++at;
      continue;
    }
    const bool fits = all[at] == detail::kInterfaceMagic && all.size() - at > 2 && all[at + 1] <= all.size() - at - 2;
    if (!fits) return refuse(origin, "the schemas of its roles are damaged");
    try {
      auto carried = describe(std::span(all).subspan(at + 2, all[at + 1]));
      if (!carried) return refuse(origin, "the schema of one of its roles is damaged: " + carried.error().message);
      found.push_back(std::move(*carried));
    } catch (const kj::Exception& error) {
      return refuse(origin, concat("the schema of one of its roles is damaged: ", error.getDescription().cStr()));
    }
    at += 2 + all[at + 1];
  }
  return found;
}

Result<std::vector<CarriedInterface>> readInterfaces(const std::string& file) {
  CLEAT_TRY(std::string section, readElfSection(file, CLEAT_INTERFACE_SECTION, kMostBytes));
  return parseInterfaces(section, file);
}

}  // namespace cleat::host
