// PinSketch (Y. Dodis, L. Reyzin, A. Smith: Fuzzy Extractors, SIAM J. Comput. 38, 2008,
// section 6.3) over GF(2^32), as BIP 330 uses it: a set of 32-bit numbers other than zero is
// sketched in `capacity` numbers, two sketches added are the sketch of the symmetric difference,
// and a difference of up to `capacity` elements can be read from its sketch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace ledgerlab {

/// An element of GF(2^32) modulo x^32 + x^7 + x^3 + x^2 + 1 (BIP 330).
using Field = std::uint32_t;
Field field_multiply(Field a, Field b);
Field field_inverse(Field a);  // of zero: zero

class Sketch {
 public:
  explicit Sketch(std::size_t capacity) : odd_(capacity, 0) {}
  /// From what another node has sent.
  explicit Sketch(std::vector<Field> odd) : odd_(std::move(odd)) {}

  std::size_t capacity() const { return odd_.size(); }
  /// The sums of the odd powers, first to (2 capacity - 1)-th.
  const std::vector<Field>& sums() const { return odd_; }
  /// Puts an element in, or takes it out if it is there. Not zero.
  void toggle(Field element);
  /// The difference of the two sets, as far as both sketches reach.
  Sketch operator^(const Sketch& other) const;
  /// The elements, ascending; nothing if there are more than the capacity.
  std::optional<std::vector<Field>> decode() const;

 private:
  std::vector<Field> odd_;
};

}  // namespace ledgerlab
