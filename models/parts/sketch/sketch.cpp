#include "models/parts/sketch/sketch.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ledgerlab {
namespace {

constexpr Field modulus = 0x8d;  // x^7 + x^3 + x^2 + 1: what x^32 is equal to

/// Coefficients, lowest first; the last one is not zero.
using Polynomial = std::vector<Field>;

void trim(Polynomial& p) {
  while (!p.empty() && p.back() == 0) p.pop_back();
}

Field square(Field a) { return field_multiply(a, a); }

/// p modulo m, which is monic.
void reduce(Polynomial& p, const Polynomial& m) {
  while (p.size() >= m.size()) {
    const Field top = p.back();
    const std::size_t shift = p.size() - m.size();
    if (top != 0) {
      for (std::size_t i = 0; i < m.size(); ++i) p[shift + i] ^= field_multiply(top, m[i]);
    }
    p.pop_back();
  }
  trim(p);
}

void make_monic(Polynomial& p) {
  const Field scale = field_inverse(p.back());
  for (Field& c : p) c = field_multiply(c, scale);
}

/// The quotient; `m` is monic.
Polynomial divide(Polynomial p, const Polynomial& m) {
  Polynomial quotient(p.size() - m.size() + 1, 0);
  for (std::size_t i = quotient.size(); i-- > 0;) {
    const Field top = p[i + m.size() - 1];
    quotient[i] = top;
    for (std::size_t j = 0; j < m.size(); ++j) p[i + j] ^= field_multiply(top, m[j]);
  }
  return quotient;
}

Polynomial common_divisor(Polynomial a, Polynomial b) {
  while (!b.empty()) {
    make_monic(b);
    reduce(a, b);
    std::swap(a, b);
  }
  if (!a.empty()) make_monic(a);
  return a;
}

/// The square in characteristic 2: every coefficient squared, at twice its place.
Polynomial square_modulo(const Polynomial& p, const Polynomial& m) {
  Polynomial out(p.empty() ? 0 : 2 * p.size() - 1, 0);
  for (std::size_t i = 0; i < p.size(); ++i) out[2 * i] = square(p[i]);
  reduce(out, m);
  return out;
}

/// Berlekamp and Massey: the shortest recurrence that the syndromes keep (J. Massey: Shift-register
/// synthesis and BCH decoding, IEEE Trans. Inf. Theory 15, 1969). Its connection polynomial has the
/// inverses of the elements as roots.
Polynomial shortest_recurrence(const std::vector<Field>& syndromes) {
  Polynomial current = {1};
  Polynomial previous = {1};
  std::size_t length = 0;
  std::size_t since = 1;
  Field previous_discrepancy = 1;
  for (std::size_t n = 0; n < syndromes.size(); ++n) {
    Field discrepancy = syndromes[n];
    for (std::size_t i = 1; i < current.size() && i <= length; ++i) {
      discrepancy ^= field_multiply(current[i], syndromes[n - i]);
    }
    if (discrepancy == 0) {
      ++since;
      continue;
    }
    const Field factor = field_multiply(discrepancy, field_inverse(previous_discrepancy));
    Polynomial next = current;
    next.resize(std::max(next.size(), previous.size() + since), 0);
    for (std::size_t i = 0; i < previous.size(); ++i) {
      next[i + since] ^= field_multiply(factor, previous[i]);
    }
    if (2 * length <= n) {
      length = n + 1 - length;
      previous = std::exchange(current, std::move(next));
      previous_discrepancy = discrepancy;
      since = 1;
    } else {
      current = std::move(next);
      ++since;
    }
  }
  trim(current);
  if (current.size() != length + 1) return {};
  return current;
}

/// Does p, monic, have as many different roots in the field as its degree? It has if it divides
/// x^(2^32) - x.
bool splits(const Polynomial& p) {
  Polynomial power = {0, 1};
  reduce(power, p);
  const Polynomial x = power;
  for (int i = 0; i < 32; ++i) power = square_modulo(power, p);
  return power == x;
}

/// Berlekamp's trace algorithm (E. Berlekamp: Factoring polynomials over large finite fields, Math.
/// Comp. 24, 1970): Tr(beta x) is 0 or 1 at each root, and some power of x as beta tells any two
/// roots apart. `p` is monic and splits.
void find_roots(const Polynomial& p, unsigned beta, std::vector<Field>& roots) {
  if (p.size() == 2) {
    roots.push_back(p[0]);
    return;
  }
  for (; beta < 32; ++beta) {
    Polynomial term = {0, Field{1} << beta};
    reduce(term, p);
    Polynomial trace = term;
    for (int i = 1; i < 32; ++i) {
      term = square_modulo(term, p);
      trace.resize(std::max(trace.size(), term.size()), 0);
      for (std::size_t j = 0; j < term.size(); ++j) trace[j] ^= term[j];
    }
    trim(trace);
    const Polynomial part = common_divisor(p, trace);
    if (part.size() <= 1 || part.size() == p.size()) continue;
    find_roots(part, beta + 1, roots);
    find_roots(divide(p, part), beta + 1, roots);
    return;
  }
}

}  // namespace

Field field_multiply(Field a, Field b) {
  // Four bits of b at a time from a table of a's multiples; then the upper half folded down.
  std::array<std::uint64_t, 16> times{};
  times[1] = a;
  for (std::size_t i = 2; i < 16; i += 2) {
    times[i] = times[i / 2] << 1;
    times[i + 1] = times[i] ^ a;
  }
  std::uint64_t product = 0;
  for (int shift = 28; shift >= 0; shift -= 4) product = product << 4 ^ times[b >> shift & 15];
  for (int fold = 0; fold < 2; ++fold) {
    const std::uint64_t high = product >> 32;
    product = (product & 0xffff'ffff) ^ high ^ high << 2 ^ high << 3 ^ high << 7;
  }
  return static_cast<Field>(product);
}

Field field_inverse(Field a) {
  // a^(2^32 - 2) = (a^(2^31 - 1))^2
  Field power = a;
  for (int i = 0; i < 30; ++i) power = field_multiply(square(power), a);
  return square(power);
}

void Sketch::toggle(Field element) {
  const Field step = square(element);
  Field power = element;
  for (Field& sum : odd_) {
    sum ^= power;
    power = field_multiply(power, step);
  }
}

Sketch Sketch::operator^(const Sketch& other) const {
  Sketch out(std::min(capacity(), other.capacity()));
  for (std::size_t i = 0; i < out.capacity(); ++i) out.odd_[i] = odd_[i] ^ other.odd_[i];
  return out;
}

std::optional<std::vector<Field>> Sketch::decode() const {
  // The even sums are squares of earlier ones.
  std::vector<Field> syndromes(2 * capacity());
  for (std::size_t k = 1; k <= syndromes.size(); ++k) {
    syndromes[k - 1] = k % 2 == 1 ? odd_[k / 2] : square(syndromes[k / 2 - 1]);
  }
  Polynomial recurrence = shortest_recurrence(syndromes);
  if (recurrence.empty() || recurrence.size() > capacity() + 1) return std::nullopt;
  if (recurrence.size() == 1) return std::vector<Field>{};
  std::reverse(recurrence.begin(), recurrence.end());  // roots are the elements themselves
  make_monic(recurrence);
  if (recurrence.front() == 0 || !splits(recurrence)) return std::nullopt;
  std::vector<Field> roots;
  find_roots(recurrence, 0, roots);
  std::sort(roots.begin(), roots.end());
  return roots;
}

}  // namespace ledgerlab
