// Readable interaction transcripts: a file of commands, each followed by what happened. A test runs
// the commands again and compares; LEDGERLAB_REWRITE=1 (or --rewrite) refreshes the file, and a
// person reads the difference before committing.
//
//   world replicas=3 pre_vote=false      parameters as in a scenario
//   start [node]                         one node or all
//   tick 1 election                      time passes to this timer and it fires
//   propose 1 a                          a transaction reaches the node's pool
//   deliver | deliver-all | deliver 0->1 the oldest message, all, the oldest of a link
//   drop 1->2 | drop-all                 loses what is on its way
//   cut 1 2 | isolate 1 | heal           links down, links up
//   manual-disk 1 | persisted 1          nothing is durable until it is said so
//   crash 1 [kept] | restart 1 | forget-application 1
//   state [node]                         inspect()
//   log [node]                           what the application holds
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/module_world.hpp"

namespace ledgerlab::test {

class Transcript {
 public:
  /// `timers`: names of the module's timer kinds, from 0.
  Transcript(const ModelInfo& info, std::vector<std::string> timers)
      : info_(&info), timers_(std::move(timers)) {}

  /// A command of the module's own tests, `verb node rest...`; returns what to print.
  using Command = std::function<std::string(ModuleWorld&, const std::vector<std::string>&)>;
  void add_command(const std::string& verb, Command command) { own_[verb] = std::move(command); }

  /// Runs the commands of a transcript and returns it as it should be.
  std::string run(const std::string& text);
  /// Empty if the file says what happens (or was rewritten); else the first difference.
  std::string check(const std::filesystem::path& file);

 private:
  std::string execute(const std::string& command);
  std::string make_world(const std::vector<std::string>& words);
  bool network_command(const std::vector<std::string>& words);
  std::string node_command(const std::vector<std::string>& words);
  std::string show(const std::vector<std::string>& words) const;

  const ModelInfo* info_;
  std::vector<std::string> timers_;
  std::map<std::string, Command> own_;
  std::unique_ptr<ModuleWorld> world_;
};

}  // namespace ledgerlab::test
