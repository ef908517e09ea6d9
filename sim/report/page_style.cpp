// The style sheet of the report. The colours of the lines are those of Okabe and Ito (Color
// Universal Design, 2008), lightened for dark ground; dashes tell them apart without colour.
#include "sim/report/page.hpp"

namespace ledgerlab {

const char* const page_style = R"css(
:root{color-scheme:light dark;
--ground:#fff;--card:#f6f8fa;--ink:#1c2530;--soft:#5a6774;--rule:#d5dce3;--grid:#e3e8ed;
--good:#0a6b4d;--bad:#b3261e;--open:#8a5a00;--fault:#e6b400;--mark:#7a5c00;--outside:#8593a1;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b8578f;--c4:#2f93cc;--c5:#b57b00;--c6:#1c2530;
--c7:#7a6a00}
@media (prefers-color-scheme:dark){:root{
--ground:#12181f;--card:#1a222b;--ink:#e4eaf0;--soft:#9fadba;--rule:#33404c;--grid:#2a353f;
--good:#4fd1a1;--bad:#ff8a80;--open:#f0c060;--fault:#f0d040;--mark:#f0d040;--outside:#8593a1;
--c0:#4fa8e8;--c1:#ff8a4c;--c2:#2fc79b;--c3:#e79cc6;--c4:#8fd0ff;--c5:#f2bf49;--c6:#e4eaf0;
--c7:#d8cc4a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1120px;padding:20px 18px 60px;background:var(--ground);
color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;
overflow-wrap:break-word}
h1{font-size:1.6rem;line-height:1.25;margin:.2em 0 .3em}
h2{font-size:1.2rem;margin:2.2em 0 .6em;padding-bottom:.2em;border-bottom:1px solid var(--rule)}
h3{font-size:.98rem;margin:0 0 .3em}
p{margin:.4em 0}
a{color:var(--c0)}
.soft,figcaption{color:var(--soft);font-size:.87rem}
nav{font-size:.87rem;margin:1em 0}
nav a{margin-right:.9em;white-space:nowrap}
code{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.86em}
pre{margin:.4em 0;padding:.6em .8em;background:var(--card);border:1px solid var(--rule);
border-radius:6px;
white-space:pre-wrap;overflow-wrap:anywhere}
.verdict{display:inline-block;padding:.05em .6em;border-radius:12px;
border:1.5px solid currentColor;
font-weight:600;font-size:.86em}
.pass{color:var(--good)}.fail{color:var(--bad)}.open{color:var(--open)}
.wide{overflow-x:auto;margin:.6em 0}
.figures th:first-child{position:sticky;left:0;background:var(--ground)}
table{border-collapse:collapse;font-size:.9rem}
th,td{padding:.32em .7em;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
thead th{border-bottom:1.5px solid var(--rule);vertical-align:bottom}
.figures td,.figures thead th+th,td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.figures th:first-child{font-weight:400;min-width:11em}
.figures thead th:first-child{font-weight:600}
.figures small{display:block;color:var(--soft);white-space:nowrap}
td.when{white-space:nowrap}
.stack{display:flex;flex-direction:column;gap:16px;min-width:0}
td.hash{overflow-wrap:anywhere;min-width:15em}
.charts{display:grid;grid-template-columns:minmax(0,1fr);gap:16px;align-items:start}
@media (min-width:860px){.charts{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}}
figure{margin:0;padding:12px 12px 8px;background:var(--card);border:1px solid var(--rule);
border-radius:8px;
min-width:0}
.legend{display:flex;flex-wrap:wrap;gap:.1em 1.1em;margin:.2em 0 .5em;font-size:.87rem}
.legend span{display:inline-flex;align-items:center;gap:.4em;min-width:0}
svg.chart{display:block;width:100%;height:auto;font-size:12px}
svg.swatch{width:34px;height:10px;flex:none}
svg text{fill:var(--soft)}
svg .name{fill:var(--ink)}
svg .mark{fill:var(--mark);font-weight:700;font-size:11px}
.grid{stroke:var(--grid);stroke-width:1}
.fault{fill:var(--fault);fill-opacity:.22}
.outside{fill:var(--outside);fill-opacity:.12}
path.c0,path.c1,path.c2,path.c3,path.c4,path.c5,path.c6,path.c7{fill:none;stroke-width:2;
stroke-linejoin:round}
.c0{stroke:var(--c0);fill:var(--c0)}.c1{stroke:var(--c1);fill:var(--c1)}
.c2{stroke:var(--c2);fill:var(--c2)}.c3{stroke:var(--c3);fill:var(--c3)}
.c4{stroke:var(--c4);fill:var(--c4)}.c5{stroke:var(--c5);fill:var(--c5)}
.c6{stroke:var(--c6);fill:var(--c6)}.c7{stroke:var(--c7);fill:var(--c7)}
.d1{stroke-dasharray:7 3}.d2{stroke-dasharray:2 2.5}.d3{stroke-dasharray:10 3 2 3}
.d4{stroke-dasharray:14 4}.d5{stroke-dasharray:5 2 1 2 1 2}
path.faint{stroke-width:1;stroke-opacity:.35}
circle,path.end{stroke-dasharray:none}
details{margin:.6em 0}
summary{cursor:pointer}
dl{display:grid;grid-template-columns:minmax(9em,15em) 1fr;gap:.35em 1.2em;font-size:.9rem;
margin:.6em 0}
dt{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.82rem;
overflow-wrap:anywhere}
dd{margin:0}
ul{padding-left:1.2em;margin:.4em 0}
li{margin:.2em 0}
@media (max-width:560px){body{padding:12px 12px 40px;font-size:14px}
th,td{padding:.28em .4em}.figures th:first-child{min-width:7.5em}table{font-size:.84rem}
figure{padding:8px 6px 4px}svg.chart{font-size:13px}dl{grid-template-columns:1fr;gap:0}dd{
margin:0 0 .6em}}
@media print{:root{color-scheme:light;--ground:#fff;--card:#fff;--ink:#000;--soft:#444;
--rule:#999;--grid:#ddd;
--good:#0a6b4d;--bad:#b3261e;--open:#8a5a00;--fault:#e6b400;--mark:#7a5c00;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b8578f;--c4:#2f93cc;--c5:#b57b00;--c6:#000;
--c7:#7a6a00}
body{max-width:none;padding:0;font-size:10pt}nav{display:none}.wide{overflow:visible}
.charts{grid-template-columns:1fr 1fr}figure,tr,li{break-inside:avoid}h2,h3{break-after:avoid}
.fault,.outside{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";

}  // namespace ledgerlab
