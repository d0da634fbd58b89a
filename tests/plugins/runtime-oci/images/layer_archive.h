// Layers made entry by entry, for tests.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <locale.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cleat::runtime {

struct Entry {
  std::string name;
  mode_t type = S_IFREG;
  std::string content = "";  // or a link's target
  mode_t mode = 0644;
  bool hardlink = false;
  std::string xattr = "";
  int uid = 0;
  int64_t holeAfter = 0;  // bytes that follow the content without being there
};

inline void writeTar(const std::string& path, const std::vector<Entry>& entries, bool gzip = false) {
  locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr), before = uselocale(utf8);
  archive* out = archive_write_new();
  if (gzip) archive_write_add_filter_gzip(out);
  archive_write_set_format_pax_restricted(out);
  ASSERT_EQ(archive_write_open_filename(out, path.c_str()), ARCHIVE_OK);
  for (const Entry& each : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, each.name.c_str());
    archive_entry_set_mode(entry, each.type | each.mode);
    archive_entry_set_uid(entry, each.uid);
    archive_entry_set_mtime(entry, 1000000, 0);
    if (each.hardlink)
      archive_entry_set_hardlink(entry, each.content.c_str());
    else if (each.type == S_IFLNK)
      archive_entry_set_symlink(entry, each.content.c_str());
    else if (each.type == S_IFREG)
      archive_entry_set_size(entry, int64_t(each.content.size()) + each.holeAfter);
    if (each.holeAfter > 0) archive_entry_sparse_add_entry(entry, 0, int64_t(each.content.size()));
    if (each.type == S_IFCHR) archive_entry_set_rdev(entry, makedev(1, 3));
    if (!each.xattr.empty()) archive_entry_xattr_add_entry(entry, each.xattr.c_str(), "y", 1);
    ASSERT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << archive_error_string(out);
    if (each.type == S_IFREG && !each.hardlink) archive_write_data(out, each.content.data(), each.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
  uselocale(before);
  freelocale(utf8);
}

}  // namespace cleat::runtime
