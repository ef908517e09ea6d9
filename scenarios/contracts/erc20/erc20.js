// A token after ERC-20; the whole supply belongs to the deployer at first.
var nobody = '0x0000000000000000000000000000000000000000';
var unlimited = u256.add('0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 0);

function move(from, to, amount) {
  require(to !== nobody, 'token: nobody');
  var owned = getNumber('balance:' + from);
  require(u256.cmp(owned, amount) >= 0, 'token: balance');
  setNumber('balance:' + from, u256.sub(owned, amount));
  setNumber('balance:' + to, u256.add(getNumber('balance:' + to), amount));
  emit('Transfer(address,address,uint256)', 2, from, to, amount);
}

({
  'constructor(uint256)': function (supply) {
    setNumber('supply', supply);
    setNumber('balance:' + msg.sender, supply);
    emit('Transfer(address,address,uint256)', 2, nobody, msg.sender, supply);
  },
  'transfer(address,uint256)': function (to, amount) {
    move(msg.sender, to, amount);
    return true;
  },
  'approve(address,uint256)': function (spender, amount) {
    setNumber('allowance:' + msg.sender + spender, amount);
    emit('Approval(address,address,uint256)', 2, msg.sender, spender, amount);
    return true;
  },
  'transferFrom(address,address,uint256)': function (from, to, amount) {
    var key = 'allowance:' + from + msg.sender;
    var allowed = getNumber(key);
    require(u256.cmp(allowed, amount) >= 0, 'token: allowance');
    if (allowed !== unlimited) setNumber(key, u256.sub(allowed, amount));
    move(from, to, amount);
    return true;
  },
  'balanceOf(address)': function (owner) { return getNumber('balance:' + owner); },
  'allowance(address,address)': function (owner, spender) {
    return getNumber('allowance:' + owner + spender);
  },
  'totalSupply()': function () { return getNumber('supply'); }
});
