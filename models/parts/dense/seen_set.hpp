// A set of dense content ids as a bitmap (DESIGN 14, point 6). Membership only: nothing can be
// iterated, since dense ids are mere names. The newest ids stand in the object itself: nearly all
// that is said is about them, and ten thousand nodes ask without another cache line. What lies far
// below is kept in pages, and a page takes memory only while it holds some of its ids and not all.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ledgerlab {

/// Words of a bitmap by their number; most are empty or full.
class SeenPages {
 public:
  std::uint64_t word(std::uint32_t number) const {
    const std::size_t page = number / page_words;
    if (!pages_ || page >= pages_->size()) return 0;
    const Page& at = (*pages_)[page];
    return at.words ? (*at.words)[number % page_words] : at.full ? ~std::uint64_t{0} : 0;
  }
  void set(std::uint32_t number, std::uint64_t word) {
    if (this->word(number) == word) return;
    if (!pages_) pages_ = std::make_unique<std::vector<Page>>();
    const std::size_t page = number / page_words;
    if (page >= pages_->size()) pages_->resize(page + 1);
    Page& at = (*pages_)[page];
    if (!at.words) {
      at.words = std::make_unique<Words>();
      at.words->fill(at.full ? ~std::uint64_t{0} : 0);
    }
    (*at.words)[number % page_words] = word;
    if (word != 0 && word != ~std::uint64_t{0}) return;
    // Empty or full as a whole: two bits of it stay.
    const auto same = [&](std::uint64_t other) { return other == word; };
    if (!std::all_of(at.words->begin(), at.words->end(), same)) return;
    at.full = word != 0;
    at.words.reset();
  }

 private:
  static constexpr std::size_t page_words = 32;
  using Words = std::array<std::uint64_t, page_words>;
  struct Page {
    std::unique_ptr<Words> words;
    bool full = false;  // if it has no words
  };
  std::unique_ptr<std::vector<Page>> pages_;
};

/// The two newest words of a bitmap whose others are in pages.
class SeenTop {
 public:
  bool has(std::uint32_t dense, const SeenPages& below) const {
    return (word(dense / 64, below) >> (dense % 64) & 1) != 0;
  }
  /// False if it was there.
  bool add(std::uint32_t dense, SeenPages& below) {
    const std::uint64_t old = word(dense / 64, below);
    const std::uint64_t with = old | std::uint64_t{1} << (dense % 64);
    if (with == old) return false;
    set(dense / 64, with, below);
    return true;
  }
  void remove(std::uint32_t dense, SeenPages& below) {
    const std::uint64_t old = word(dense / 64, below);
    const std::uint64_t without = old & ~(std::uint64_t{1} << (dense % 64));
    if (without != old) set(dense / 64, without, below);
  }

 private:
  std::uint64_t word(std::uint32_t number, const SeenPages& below) const {
    if (number == newest_) return top_;
    if (number + 1 == newest_) return before_;
    return number < newest_ ? below.word(number) : 0;
  }
  void set(std::uint32_t number, std::uint64_t word, SeenPages& below) {
    if (number > newest_) {
      if (newest_ != 0) below.set(newest_ - 1, before_);
      before_ = top_;
      if (number > newest_ + 1) {
        below.set(newest_, top_);
        before_ = 0;
      }
      newest_ = number;
    }
    if (number == newest_) {
      top_ = word;
    } else if (number + 1 == newest_) {
      before_ = word;
    } else {
      below.set(number, word);
    }
  }

  std::uint64_t top_ = 0;     // word number newest_
  std::uint64_t before_ = 0;  // the one before it
  std::uint32_t newest_ = 0;
};

class SeenSet {
 public:
  bool has(std::uint32_t dense) const { return top_.has(dense, below_); }
  /// False if it was there.
  bool add(std::uint32_t dense) { return top_.add(dense, below_); }
  void remove(std::uint32_t dense) { top_.remove(dense, below_); }

 private:
  SeenTop top_;
  SeenPages below_;
};

}  // namespace ledgerlab
