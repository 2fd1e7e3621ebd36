/** Makes a job whenever a schedule says so. */
export { cronJobController } from './controller.ts';
export { decideCronJob, type CronDecision } from './decide.ts';
export { openSchedule, type Schedule } from './schedule.ts';
