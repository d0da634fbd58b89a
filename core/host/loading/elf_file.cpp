#include "core/host/loading/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace cleat::host {
namespace {

constexpr uint16_t kMostSections = 4096;
constexpr uint64_t kLongestNames = 1u << 20;
#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
#endif

class ElfFile {
 public:
  explicit ElfFile(const std::string& path) : path_(path) {}
  ~ElfFile() {
    if (fd_ >= 0) close(fd_);
  }
  ElfFile(const ElfFile&) = delete;

  Result<std::string> section(std::string_view wanted, size_t limit) {
    CLEAT_TRY(open());
    Elf64_Ehdr header;
    CLEAT_TRY(readHeader(header));

    std::vector<Elf64_Shdr> sections(header.e_shnum);
    if (!readAt(sections.data(), sections.size() * sizeof(Elf64_Shdr), header.e_shoff)) return damaged("section table");
    const Elf64_Shdr& nameTable = sections[header.e_shstrndx];
    if (nameTable.sh_size > kLongestNames) return damaged("table of section names");
    std::string names(nameTable.sh_size, '\0');
    if (!readAt(names.data(), names.size(), nameTable.sh_offset)) return damaged("table of section names");

    for (const Elf64_Shdr& found : sections) {
      if (found.sh_type == SHT_NOBITS || found.sh_name >= names.size()) continue;
      if (names.c_str() + found.sh_name != wanted) continue;
      std::string bytes(std::min<uint64_t>(found.sh_size, limit), '\0');
      if (!readAt(bytes.data(), bytes.size(), found.sh_offset)) return damaged("section " + std::string(wanted));
      return bytes;
    }
    return std::string();
  }

 private:
  std::unexpected<Status> refuse(const std::string& why) const { return fail(Status::badRequest(path_ + ": " + why)); }
  std::unexpected<Status> damaged(const std::string& what) const {
    return refuse("a damaged shared object: its " + what + " lies outside of the file");
  }

  Result<void> open() {
    fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (fd_ < 0 || fstat(fd_, &status) != 0) return refuse(std::strerror(errno));
    if (!S_ISREG(status.st_mode)) return refuse("not a regular file");
    size_ = static_cast<uint64_t>(status.st_size);
    return {};
  }

  bool readAt(void* out, size_t size, uint64_t offset) const {
    if (offset > size_ || size > size_ - offset) return false;
    auto* next = static_cast<char*>(out);
    while (size > 0) {
      ssize_t got = pread(fd_, next, size, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      next += got;
      offset += static_cast<uint64_t>(got);
      size -= static_cast<size_t>(got);
    }
    return true;
  }

  Result<void> readHeader(Elf64_Ehdr& header) const {
    if (!readAt(&header, sizeof header, 0) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
      return refuse("not a shared object");
    }
    bool ours = header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
                header.e_machine == kMachine;
    if (!ours) return refuse("built for another kind of machine");
    if (header.e_type != ET_DYN) return refuse("not a shared object");
    if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum == 0 || header.e_shnum > kMostSections ||
        header.e_shstrndx >= header.e_shnum) {
      return refuse("a damaged shared object: its section table is not usable");
    }
    return {};
  }

  std::string path_;
  int fd_ = -1;
  uint64_t size_ = 0;
};

}  // namespace

Result<std::string> readElfSection(const std::string& file, std::string_view section, size_t limit) {
  return ElfFile(file).section(section, limit);
}

}  // namespace cleat::host
