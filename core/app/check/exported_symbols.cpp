#include "core/app/check/exported_symbols.h"

#include <cleat/sdk/text.h>
#include <elf.h>

#include <cstring>
#include <span>

#include "core/app/pki.h"

namespace cleat::app {
namespace {

// Nothing where it does not lie in the file.
template <class T>
std::span<const char> piece(std::span<const char> file, T offset, T size) {
  if (offset > file.size() || size > file.size() - offset) return {};
  return file.subspan(offset, size);
}

template <class T>
std::vector<T> records(std::span<const char> bytes) {
  std::vector<T> all(bytes.size() / sizeof(T));
  if (!all.empty()) std::memcpy(all.data(), bytes.data(), all.size() * sizeof(T));
  return all;
}

bool isExported(const Elf64_Sym& symbol) {
  const unsigned binding = ELF64_ST_BIND(symbol.st_info), visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && binding != STB_LOCAL &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

}  // namespace

Result<std::vector<std::string>> exportedSymbols(const std::string& file) {
  CLEAT_TRY(const std::string content, readFile(file));
  const std::span<const char> bytes(content.data(), content.size());
  const auto damaged = [&](const char* what) { return fail(Status::badRequest(concat(file, ": ", what))); };
  Elf64_Ehdr header;
  if (bytes.size() < sizeof header) return damaged("not a shared object");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return damaged("not a shared object");
  const auto sections =
      records<Elf64_Shdr>(piece<uint64_t>(bytes, header.e_shoff, uint64_t{header.e_shnum} * sizeof(Elf64_Shdr)));
  std::vector<std::string> names;
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= sections.size()) continue;
    const Elf64_Shdr& texts = sections[section.sh_link];
    const std::span<const char> table = piece<uint64_t>(bytes, texts.sh_offset, texts.sh_size);
    if (table.empty() || table.back() != '\0') return damaged("its table of symbols is damaged");
    for (const Elf64_Sym& symbol : records<Elf64_Sym>(piece<uint64_t>(bytes, section.sh_offset, section.sh_size))) {
      if (isExported(symbol) && symbol.st_name < table.size()) names.emplace_back(table.data() + symbol.st_name);
    }
  }
  return names;
}

}  // namespace cleat::app
