// What a family of external vectors is to its runner: one row of INDEX.tsv, a function that judges
// its cases, and the report it fills. tests/vectors/families/ has the functions, one .cpp an area.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ledgerlab::vectors {

/// The reason of every case that is left to `./lab soak`.
inline constexpr std::string_view slow_reason = "slow: in ./lab soak";

/// Takes the verdict on each case, in the order of judgement; a case gets one verdict.
class Report {
 public:
  virtual ~Report() = default;
  /// Told before a file is read and before a case is judged, so that a crash has a name. False: it
  /// has its verdict, or ended its process, before that process was started again; leave it out.
  virtual bool open(std::string_view) { return true; }
  virtual bool begin(std::string_view) { return true; }
  virtual void pass(std::string_view name) = 0;
  /// `why` in one line: what came out and what should have.
  virtual void fail(std::string_view name, std::string_view why) = 0;
  /// A case that was not judged. Reasons are counted, so they name no case.
  virtual void skip(std::string_view name, std::string_view reason) = 0;
};

/// One family as it lies on disk, and what of it is asked for.
struct Run {
  std::string family;                                  // path of the INDEX row
  std::filesystem::path path;                          // the same on disk: a file or a folder
  std::filesystem::path root;                          // folder of all unpacked archives
  std::uint64_t cases = 0;                             // what INDEX counts
  bool soak = false;                                   // slow cases too
  std::string filter;                                  // --filter
  const std::set<std::string>* oracle_slow = nullptr;  // files `-` in ORACLE-ethereumjs.tsv
  unsigned share = 0, shares = 1;                      // this process's part of files()

  /// Whether --filter lets a case of this name through; the others are neither judged nor reported.
  bool wanted(std::string_view name) const {
    return filter.empty() || name.find(filter) != std::string_view::npos;
  }
  /// The files of the family with this extension (".json"; empty: all), sorted by path; of a split
  /// family those of this share.
  std::vector<std::filesystem::path> files(std::string_view extension = ".json") const;
  /// A file's path as INDEX and ORACLE write it, from the root.
  std::string name_of(const std::filesystem::path& file) const;
  /// Whether the cases of `file` are to be skipped with slow_reason: no soak was asked for and the
  /// oracle did not run them either. Cases over 5 s here are for the family to name itself.
  bool too_slow(const std::filesystem::path& file) const;
};

/// How families are run. The first whose glob matches an INDEX path takes it ('*' also matches
/// '/').
struct Family {
  std::string_view glob;
  /// Null for what ledgerlab has no module for: all cases are skipped, `note` is the reason.
  void (*run)(const Run&, Report&);
  std::string_view note;
  /// Its cases come from Run::files only, so that several processes may share them.
  bool splits = false;
};

/// Thrown out of a case that cannot be judged; the text is the reason.
struct Unjudged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Judges one case, if it is wanted: `body` returns an empty text when all is as the vector says,
/// else what differs. An exception is a failure of this case alone.
void judge(const Run& run, Report& report, std::string_view name,
           const std::function<std::string()>& body);

/// Hands `body` the files of Run::files one by one. What it throws is a failure of that file alone.
void each_file(const Run& run, Report& report, std::string_view extension,
               const std::function<void(const std::filesystem::path&)>& body);

}  // namespace ledgerlab::vectors
