// Keeps the first of many offences: one finding per checker, with a count of the rest.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/measure/chronicle.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab {

class Worst {
 public:
  /// `text()` is made only if this offence is the first so far; ties go to the smaller text.
  template <class Text>
  void add(Moment moment, Text text) {
    ++count_;
    if (count_ > 1 && moment > moment_) return;
    std::string made = text();
    if (count_ > 1 && moment == moment_ && made >= text_) return;
    moment_ = moment;
    text_ = std::move(made);
  }
  void report(std::string_view checker, std::vector<Finding>& findings) const {
    if (count_ == 0) return;
    std::string text = text_;
    if (count_ > 1) text += " (and " + std::to_string(count_ - 1) + " more)";
    findings.push_back({std::string(checker), std::move(text), moment_.at, moment_.node});
  }

 private:
  std::uint64_t count_ = 0;
  Moment moment_;
  std::string text_;
};

}  // namespace ledgerlab
