// IndexSet: which indexes of an Indexed job have ended, as the status writes them ("1,3-5,7"). A value.
//
//   IndexSet done = IndexSet::parse(view(status.getCompletedIndexes()), completions);
//   done.add(4);
//   status.setCompletedIndexes(done.text());
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace cleat::job {

class IndexSet {
 public:
  // Those below `completions`. What is wrong in the text counts for nothing: a job may have become smaller.
  static IndexSet parse(std::string_view text, int64_t completions);

  void add(int64_t index) { addRange(index, index); }
  bool has(int64_t index) const;
  int64_t size() const;
  bool empty() const { return ranges_.empty(); }
  // How many indexes are in both.
  int64_t common(const IndexSet& other) const;
  std::string text() const;
  bool operator==(const IndexSet&) const = default;

 private:
  void addRange(int64_t first, int64_t last);

  std::map<int64_t, int64_t> ranges_;  // the last by the first; a gap of one at least stands between two
};

}  // namespace cleat::job
