// Holds the ledger's own currency between two parties: the payer releases, the payee refunds.
var nobody = '0x0000000000000000000000000000000000000000';
var held = '1', released = '2', refunded = '3';

function finish(id, who, refusal, state, event, to) {
  require(getNumber('state:' + id) === held, 'escrow: not held');
  require(get(who + id) === msg.sender, refusal);
  // Before the payment: a call back into this contract finds the deal closed.
  setNumber('state:' + id, state);
  emit(event, 1, id);
  require(call(get(to + id), getNumber('amount:' + id)).success, 'escrow: payment failed');
}

({
  'payable deposit(bytes32,address)': function (id, payee) {
    require(getNumber('state:' + id) === '0', 'escrow: taken');
    require(payee !== nobody, 'escrow: nobody');
    require(msg.value !== '0', 'escrow: nothing');
    set('payer:' + id, msg.sender);
    set('payee:' + id, payee);
    setNumber('amount:' + id, msg.value);
    setNumber('state:' + id, held);
    emit('Deposited(bytes32,address,address,uint256)', 3, id, msg.sender, payee, msg.value);
  },
  'release(bytes32)': function (id) {
    finish(id, 'payer:', 'escrow: not the payer', released, 'Released(bytes32)', 'payee:');
  },
  'refund(bytes32)': function (id) {
    finish(id, 'payee:', 'escrow: not the payee', refunded, 'Refunded(bytes32)', 'payer:');
  },
  'stateOf(bytes32)': function (id) { return getNumber('state:' + id); },
  'amountOf(bytes32)': function (id) { return getNumber('amount:' + id); }
});
